// Types the OAuth example of docs/getting-started.md, block by block, against the mock issuer and a server with the settings that it prints.
// Usage: node readme.mjs <binary of the server>
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, startServer } from './client.mjs';

const DOCUMENT = readFileSync(new URL('../../../docs/getting-started.md', import.meta.url), 'utf8');

/** The blocks between two marks, in the language of shells. */
function blocks(mark) {
  const [, part] = DOCUMENT.match(new RegExp(`<!-- ${mark}:begin[^]*?-->([^]*?)<!-- ${mark}:end -->`));
  return [...part.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, code]) => code);
}

const mock = spawn('node', [fileURLToPath(new URL('mock.mjs', import.meta.url)), String(await freePort())]);
process.on('exit', () => mock.kill());
const settings = Object.fromEntries(await printed(mock.stdout, 3));
// The redirect URI is that of a page of the server, which is allowed by itself.
const server = await startServer(() => ({ ...settings, OAUTH_REDIRECT_URIS: '' }));
after(async () => {
  mock.kill();
  await server.kill('SIGTERM');
});

async function printed(output, count) {
  const found = [];
  let text = '';
  for await (const chunk of output) {
    text += chunk;
    found.splice(0, found.length, ...[...text.matchAll(/^export (\w+)=(.*)\n/gm)].map(([, name, value]) => [name, value]));
    if (found.length === count) break;
  }
  return found;
}

test('docs/getting-started.md signs in with the three settings that the mock issuer prints', () => {
  const [functions] = blocks('journey');
  const typed = [functions, ...blocks('oauth')].join('\n').replaceAll('http://localhost:8080', server.base);
  const answers = execFileSync('bash', ['-euo', 'pipefail', '-c', typed], { encoding: 'utf8', timeout: 30_000 });
  const expected = [
    '"name":"mock"',
    '"flowToken":"agf_',
    '"user":{"email":"ann@example.com","emailVerified":true,"hasPassword":false}',
    '"provider":{"displayName":"',
  ];
  for (const part of expected) assert.ok(answers.includes(part), `${part} is not in ${answers}`);
  assert.ok(!answers.includes('"errors"'), answers);
});
