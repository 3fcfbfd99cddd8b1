// relay-compiler, set up as in docs/clients.md, on what a client with Relay writes: it must compile without a finding, and type what it should.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import relay from 'relay-compiler';
import { relayConfig } from './documents.mjs';
import { emptyFolder, here, schemaFile, write } from './files.mjs';

/** What the artifacts must contain. */
const TYPES = {
  // Not null, because of `@semanticNonNull`.
  'operationsAccountQuery.graphql.ts': [/ {2}readonly me: \{\n[^}]*\n {2}\};/, / {2}readonly session: \{\n[^}]*\n {2}\};/],
  'operations_refusal.graphql.ts': [/code: ErrorCode;/, /reason: ErrorReason \| null \| undefined;/, /code: FieldErrorCode;/],
  // The members of the union are told apart, and there is room for members of newer servers.
  'operations_entry.graphql.ts': [/readonly __typename: "MfaRequired";/, /readonly __typename: "%other";/],
};

export function checkRelay() {
  const folder = emptyFolder('relay');
  cpSync(join(here, 'relay/src'), join(folder, 'src'), { recursive: true });
  copyFileSync(schemaFile, join(folder, 'schema.graphql'));
  write(folder, [
    { filename: 'relay.config.json', content: JSON.stringify(relayConfig()) },
    { filename: '__generated__/.keep', content: '' },
  ]);
  let said;
  try {
    said = execFileSync(relay, ['--output', 'verbose', 'relay.config.json'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    throw new Error(`${error.stdout}${error.stderr}`);
  }
  assert.doesNotMatch(said, /warn|error/i, said);
  for (const [file, expected] of Object.entries(TYPES)) {
    const artifact = readFileSync(join(folder, '__generated__', file), 'utf8');
    for (const text of expected) assert.match(artifact, text, file);
  }
  return `${readdirSync(join(folder, '__generated__')).length - 1} artifacts`;
}
