// The weights of `@cost` in schema.graphql, as a module: introspection does not show directives. Only they are in the page, so that
// other changes of the schema do not change it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Kind, parse, type ConstDirectiveNode } from 'graphql';
import type { Plugin } from 'vite';

const NAME = 'virtual:weights';
const SCHEMA = fileURLToPath(new URL('../../schema.graphql', import.meta.url));

const weightOf = (directives: readonly ConstDirectiveNode[] = []): number | undefined => {
  const value = directives.find(({ name }) => name.value === 'cost')?.arguments?.[0]?.value;
  return value?.kind === Kind.STRING ? Number(value.value) : undefined;
};

/** By `Type.field`, and by `Type`. */
const readWeights = (): Record<string, number> => {
  const weights: Record<string, number> = {};
  const note = (name: string, directives: readonly ConstDirectiveNode[] | undefined) => {
    const weight = weightOf(directives);
    if (weight !== undefined) weights[name] = weight;
  };
  for (const type of parse(readFileSync(SCHEMA, 'utf8')).definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    note(type.name.value, type.directives);
    for (const field of type.fields ?? []) note(`${type.name.value}.${field.name.value}`, field.directives);
  }
  return weights;
};

export const weights: Plugin = {
  name: 'weights',
  resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
  load: (id) => (id === `\0${NAME}` ? `export default ${JSON.stringify(readWeights())};` : undefined),
};
