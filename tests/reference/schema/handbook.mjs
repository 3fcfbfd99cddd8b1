// The code of docs/oauth.md: its GraphQL is valid, also inside of its TypeScript, and its TypeScript compiles without a library.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import ts from 'typescript';
import { emptyFolder, readSchema, root } from './files.mjs';
import { findings } from './typescript.mjs';

const BUNDLER = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };

export function checkHandbook() {
  const text = readFileSync(join(root, 'docs/oauth.md'), 'utf8');
  const blocks = [...text.matchAll(/^```(graphql|ts)\n([^]*?)^```$/gm)].map(([, language, code]) => ({ language, code }));
  const modules = blocks.filter(({ language }) => language === 'ts').map(({ code }) => code);
  const documents = [
    ...blocks.filter(({ language }) => language === 'graphql').map(({ code }) => code),
    ...modules.flatMap((code) => [...code.matchAll(/`((?:query|mutation) [^`]*)`/g)].map(([, document]) => document)),
  ];
  assert.ok(modules.length >= 1 && documents.length >= 5, `only ${modules.length} modules and ${documents.length} documents`);

  const schema = buildSchema(readSchema());
  for (const document of documents) {
    assert.deepEqual(validate(schema, parse(document)).map(({ message }) => message), [], document);
  }

  const folder = emptyFolder('handbook');
  // The check of types wants to see the package graphql.
  const files = [...modules, "export type { GraphQLError } from 'graphql';"].map((code, number) => {
    const file = join(folder, `block-${number}.ts`);
    writeFileSync(file, code);
    return file;
  });
  const found = findings(files, 'graphql', BUNDLER);
  assert.deepEqual(found, [], found.join('\n'));
  return `${documents.length} documents are valid, ${modules.length} blocks of TypeScript compile`;
}
