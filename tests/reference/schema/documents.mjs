// The code of docs/clients.md, of the guides in docs/clients, and of docs/services.md: the set-up generates the types, the
// GraphQL is valid, and the TypeScript compiles.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, buildSchema, isEnumType, isScalarType, isSpecifiedScalarType, parse, print, specifiedRules, validate } from 'graphql';
import ts from 'typescript';
import { emptyFolder, readSchema, root } from './files.mjs';
import { generateWith } from './generators.mjs';
import { findings } from './typescript.mjs';

const GUIDES = readdirSync(join(root, 'docs/clients')).sort().map((name) => `docs/clients/${name}`);
const DOCUMENTS = ['docs/clients.md', ...GUIDES, 'docs/services.md'];
/** Directives of Relay, which its compiler takes out of the documents that it sends. */
const RELAY = 'directive @inline on FRAGMENT_DEFINITION directive @alias(as: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT';

const texts = DOCUMENTS.map((name) => readFileSync(join(root, name), 'utf8'));

/** The blocks of code in a language, in their order. */
export function blocks(language) {
  const found = texts.flatMap((text) => [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]);
  return found.filter(([, name]) => name === language).map(([, , code]) => code);
}

/** The blocks of TypeScript, by the name of their file: `// session.ts: …` in their first line, or a number. */
export const modules = () => new Map(blocks('ts').map((code, number) => [code.match(/^\/\/ (\w+\.ts)\b/)?.[1] ?? `block-${number}.ts`, code]));

/** The configuration of relay-compiler. */
export const relayConfig = () => blocks('json').map((block) => JSON.parse(block)).find(({ language }) => language === 'typescript');

/** A fragment that no operation uses is the point of `Refusal`. */
const RULES = specifiedRules.filter(({ name }) => name !== 'NoUnusedFragmentsRule');

function checkGraphql(schema) {
  for (const block of blocks('graphql')) {
    assert.deepEqual(validate(schema, parse(block), RULES).map(({ message }) => message), [], block);
  }
  const refusal = (text) => print(parse(text).definitions.find(({ kind, name }) => kind === Kind.FRAGMENT_DEFINITION && name.value === 'Refusal'));
  const [, copied] = readFileSync(join(root, 'examples/shared/refusal.ts'), 'utf8').match(/graphql\(`([^`]*)`\)/);
  assert.equal(refusal(blocks('graphql')[0]), refusal(copied), 'the fragment Refusal differs from the one of examples/shared/refusal.ts');
}

/** The set-ups name all scalars, and no enum that does not exist. */
function checkNames(schema, config) {
  const types = Object.values(schema.getTypeMap());
  const scalars = types.filter((type) => isScalarType(type) && !isSpecifiedScalarType(type)).map(({ name }) => name).sort();
  const kotlin = blocks('kotlin').join('\n');
  const swift = blocks('swift').join('\n');
  assert.deepEqual(Object.keys(config.scalars).sort(), scalars, 'the scalars of the client preset');
  assert.deepEqual(Object.keys(relayConfig().customScalarTypes).sort(), scalars, 'the scalars of Relay');
  assert.deepEqual([...kotlin.matchAll(/mapScalarTo\w+\("(\w+)"\)/g)].map(([, name]) => name).sort(), scalars, 'the scalars of Kotlin');
  const enums = [
    ...[...kotlin.matchAll(/alwaysGenerateTypesMatching\.set\(setOf\((.*)\)\)/g)].flatMap(([, list]) => JSON.parse(`[${list}]`)),
    ...[...kotlin.matchAll(/(\w+)\.safeValueOf/g)].map(([, name]) => name),
    ...[...swift.matchAll(/AuthAPI\.(\w+)/g)].map(([, name]) => name),
  ];
  assert.ok(enums.length > 8, `only ${enums}`);
  for (const name of enums) assert.ok(isEnumType(schema.getType(name)), `${name} is no enum of the schema`);
  const [, possible] = texts.join('\n').match(/possibleTypes: \{([^}]*)\}/);
  for (const [, name, members] of possible.matchAll(/(\w+):\s*\[([^\]]*)\]/g)) {
    const actual = schema.getPossibleTypes(schema.getType(name)).map((type) => type.name);
    assert.deepEqual([...members.matchAll(/\w+/g)].map(String).sort(), actual.sort(), `possibleTypes of ${name}`);
  }
}

/** The client preset's configuration, as the document writes it. */
async function presetOf(block) {
  const { outputText } = ts.transpileModule(block, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
  const { default: config } = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);
  return config.generates['src/generated/'];
}

export async function checkDocuments() {
  const schema = buildSchema(readSchema());
  const withRelay = buildSchema(`${readSchema()}\n${RELAY}`);
  const setUp = blocks('ts').find((code) => code.includes('CodegenConfig'));
  const preset = await presetOf(setUp);
  checkGraphql(withRelay);
  checkNames(schema, preset.config);

  const folder = emptyFolder('documents');
  cpSync(join(root, 'examples/shared'), join(folder, 'shared'), { recursive: true });
  const files = [...modules()].map(([name, code]) => {
    const file = join(folder, name);
    writeFileSync(file, code);
    return file;
  });
  await generateWith(preset, folder, [join(folder, '*.ts'), join(folder, 'shared/*.ts')]);
  const found = findings([...files, join(folder, 'shared/execute.ts')], 'graphql', {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    // The types of relay-runtime are written for another version of TypeScript.
    skipLibCheck: true,
  });
  assert.deepEqual(found, [], found.join('\n'));
  return `${files.length} blocks of TypeScript compile, ${blocks('graphql').length} of GraphQL are valid`;
}
