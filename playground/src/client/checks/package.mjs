// Packs the package, installs it beside each version of graphql-js, and compiles and runs an application.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './files.mjs';

const CODE = ['access-token', 'client', 'document', 'errors', 'generated/graphql', 'http', 'index', 'oauth', 'session', 'storage', 'subscriptions', 'tabs'];
const EXPECTED = [
  'README.md',
  ...CODE.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]),
  'dist/LICENSE-APACHE',
  'dist/LICENSE-MIT',
  'documents/entry.graphql',
  'documents/oauth.graphql',
  'documents/session.graphql',
  'package.json',
];
const GRAPHQL_JS = ['graphql', 'graphql-17'];
const OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};
/** A page, and a server without the types of a browser. */
const PLACES = [
  ['a page', { lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'], types: [] }],
  ['Node.js', { lib: ['lib.es2023.d.ts'], types: ['node'] }],
];

const npm = (...args) => execFileSync('npm', args, { cwd: root, encoding: 'utf8' });

/** An application that has the package, and one version of graphql-js, and not the optional graphql-ws. */
function install(folder, tarball, graphql) {
  const modules = join(folder, 'node_modules');
  const copy = (from, to) => cpSync(join(root, 'node_modules', from), join(modules, to), { recursive: true });
  mkdirSync(join(modules, '@authgraph/client'), { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', join(modules, '@authgraph/client'), '--strip-components=1']);
  copy(graphql, 'graphql');
  for (const name of ['@graphql-typed-document-node/core', '@types/node', 'undici-types']) copy(name, name);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  cpSync(join(root, 'test/consumer.ts'), join(folder, 'consumer.ts'));
}

function findings(folder, more) {
  const host = ts.createCompilerHost({});
  host.getCurrentDirectory = () => folder;
  const program = ts.createProgram([join(folder, 'consumer.ts')], { ...OPTIONS, ...more }, host);
  const isRead = program.getSourceFiles().some(({ fileName }) => fileName.includes('node_modules/@authgraph/client/dist/index.d.ts'));
  assert.ok(isRead, 'the package was not read');
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
}

export function checkPackage() {
  const [packed] = Object.values(JSON.parse(npm('pack', '--dry-run', '--json', '--ignore-scripts')));
  assert.deepEqual(packed.files.map(({ path }) => path).sort(), EXPECTED.sort(), 'what is in the package');
  const folder = mkdtempSync(join(tmpdir(), 'authgraph-package-'));
  try {
    npm('pack', '--ignore-scripts', '--silent', '--pack-destination', folder);
    const tarball = join(folder, packed.filename);
    for (const graphql of GRAPHQL_JS) {
      const application = join(folder, graphql);
      install(application, tarball, graphql);
      for (const [place, more] of PLACES) {
        const found = findings(application, more);
        assert.deepEqual(found, [], `tsc --strict for ${place} with ${graphql}:\n${found.join('\n')}`);
      }
      const code = "import { createAuthClient } from '@authgraph/client'; createAuthClient({ url: 'https://auth.example.com' }).close();";
      execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: application });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return `${packed.files.length} files, ${packed.size} bytes; compiles for ${PLACES.length} places with ${GRAPHQL_JS.length} versions of graphql-js`;
}
