// graphql-codegen on the operations of the examples and on one operation for each root field; tsc on the result, with
// graphql-js 16 and 17.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { Kind, buildSchema, parse, visit } from 'graphql';
import { disableFragmentWarnings } from 'graphql-tag';
import ts from 'typescript';
import { emptyFolder, here, readSchema, root, schemaFile, write } from './files.mjs';
import { findings } from './typescript.mjs';

const PROGRAMS = ['shared', 'login', 'sessions', 'admin-table', 'testing'];
const EXAMPLES = PROGRAMS.map((folder) => join(root, 'examples', folder, '*.ts'));
const OPERATIONS = join(here, 'operations.graphql');
const CONFIG = {
  enumType: 'const',
  useTypeImports: true,
  strictScalars: true,
  scalars: { DateTime: 'string', Date: 'string', EmailAddress: 'string', URL: 'string', JSON: 'unknown' },
};
const ENUMS_OF_ERRORS = ['ErrorCode', 'FieldErrorCode', 'ErrorReason'];
const GRAPHQL_JS = ['graphql', 'graphql-17'];

// The preset reads its documents with graphql-tag, which warns of names that it has seen, also in another run.
disableFragmentWarnings();

/** Runs a generator, and writes its files below `generated/` in the folder. */
export async function generateWith(generator, folder, documents) {
  const generates = { 'generated/': generator };
  write(folder, await generate({ schema: schemaFile, documents, importExtension: '.js', silent: true, generates }, false));
  // Otherwise its files would be taken for CommonJS, in which no `import` of them works.
  write(folder, [{ filename: 'package.json', content: '{ "type": "module" }' }]);
}

/** The fields of Query, Mutation and Subscription that no operation selects. */
function unusedRootFields() {
  const schema = buildSchema(readSchema());
  const used = new Set();
  visit(parse(readFileSync(OPERATIONS, 'utf8')), {
    [Kind.OPERATION_DEFINITION]: ({ operation, selectionSet }) => {
      for (const field of selectionSet.selections) used.add(`${schema.getRootType(operation).name}.${field.name.value}`);
    },
  });
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return types.flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)).filter((name) => !used.has(name));
}

/** What the generated types must say, as code that compiles only if they do. */
const typesOf = ({ loginIsNull }) => `
import type { ErrorCode, ErrorReason, FieldErrorCode, LoginMutation, RefusalFragment } from './generated/graphql.js';
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type HasNull<T> = null extends T ? true : false;
export const code: Same<RefusalFragment['code'], ErrorCode> = true;
export const reason: Same<RefusalFragment['reason'], ErrorReason | null> = true;
export const field: Same<NonNullable<RefusalFragment['fields']>[number]['code'], FieldErrorCode> = true;
export const loginIsNull: HasNull<LoginMutation['login']> = ${loginIsNull};
// Neither \`any\` nor \`string\`: a word that the schema does not have is no code.
// @ts-expect-error
export const unknown: ErrorCode = 'NO_SUCH_CODE';
`;

/** Where a source silences the compiler: a cast, `any`, `!` or a comment. */
function silenced(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const found = [...source.text.matchAll(/@ts-(ignore|nocheck|expect-error)/g)].map(([comment]) => `${file}: ${comment}`);
  const look = (node) => {
    // `as const` says more to the compiler, not less.
    const isCast = (ts.isAsExpression(node) && node.type.getText() !== 'const') || ts.isTypeAssertionExpression(node);
    if (isCast || ts.isNonNullExpression(node) || node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${file}: ${node.parent.getText()}`);
    ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

/** The lines that are neither empty nor a comment. */
const linesOfCode = (text) => text.split('\n').filter((line) => !/^\s*($|\/\/|\/\*|\*)/.test(line)).length;

const sourcesOf = (folder) => readdirSync(folder).filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));

/** The examples must be typed from the schema alone, and the login screen be as short as one union for every way in allows. */
export function checkExamples() {
  const files = PROGRAMS.flatMap((folder) => sourcesOf(join(root, 'examples', folder)));
  const found = files.flatMap(silenced);
  assert.deepEqual(found, [], `casts, any and ! hide what the schema does not say:\n${found.join('\n')}`);
  const screen = linesOfCode(readFileSync(join(root, 'examples/login/screen.ts'), 'utf8'));
  assert.ok(screen < 30, `examples/login/screen.ts has ${screen} lines of code`);
  return `no cast, any or ! in ${files.length} files; the login screen has ${screen} lines of code`;
}

export async function checkGenerators() {
  assert.deepEqual(unusedRootFields(), [], 'these fields are in no operation of operations.graphql');
  const runs = [
    ['operations', OPERATIONS, {}, true],
    ['operations-error-handling', OPERATIONS, { nullability: { errorHandlingClient: true } }, false],
    ['examples', EXAMPLES, {}, true],
    ['examples-error-handling', EXAMPLES, { nullability: { errorHandlingClient: true } }, false],
  ];
  const files = [];
  for (const [name, documents, config, loginIsNull] of runs) {
    const folder = emptyFolder(name);
    await generateWith({ preset: 'client', presetConfig: { fragmentMasking: false }, config: { ...CONFIG, ...config } }, folder, documents);
    const types = readFileSync(join(folder, 'generated/graphql.ts'), 'utf8');
    for (const word of ENUMS_OF_ERRORS) assert.match(types, new RegExp(`export const ${word} = `), `${name}: no ${word}`);
    write(folder, [{ filename: 'types.ts', content: typesOf({ loginIsNull }) }]);
    files.push(...['types.ts', 'generated/index.ts', 'generated/gql.ts', 'generated/graphql.ts'].map((file) => join(folder, file)));
  }
  for (const graphql of GRAPHQL_JS) {
    const found = findings(files, graphql);
    assert.deepEqual(found, [], `tsc --strict with ${graphql}:\n${found.join('\n')}`);
  }
  return `${runs.length} outputs compile with ${GRAPHQL_JS.length} versions of graphql-js`;
}
