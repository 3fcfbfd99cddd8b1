// Type-checks files with strict TypeScript.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import ts from 'typescript';
import { here } from './files.mjs';

const OPTIONS = {
  strict: true,
  noEmit: true,
  noUncheckedIndexedAccess: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.esnext.disposable.d.ts'],
  types: [],
};

/** The findings of tsc, each as one line. Every `import` of graphql-js leads to the package `graphql`, its name here. */
export function findings(files, graphql = 'graphql', more = {}) {
  const folder = join(here, 'node_modules', graphql);
  const program = ts.createProgram(files, { ...OPTIONS, paths: { graphql: [join(folder, 'index.d.ts')] }, ...more });
  const used = program.getSourceFiles().filter(({ fileName }) => /\/node_modules\/graphql(-\d+)?\//.test(fileName));
  assert.ok(used.length > 0 && used.every(({ fileName }) => fileName.startsWith(`${folder}/`)), `${graphql} was not read`);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    return file ? `${file.fileName}:${file.getLineAndCharacterOfPosition(start ?? 0).line + 1}: ${text}` : text;
  });
}
