// What GraphiQL and Monaco import, and this page does without.
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const JSONC = fileURLToPath(new URL('../src/playground/graphiql/jsonc.ts', import.meta.url));

/** Prettier with its plugins for JavaScript formats JSON only. */
const isOfJson = (importer: string | undefined) => importer?.endsWith('/@graphiql/react/dist/utility/jsonc.js');

export const lighter: Plugin = {
  name: 'lighter',
  enforce: 'pre',
  resolveId(source, importer) {
    if (source.startsWith('prettier/') && isOfJson(importer)) return JSONC;
    // The same plugin a second time, in the format of older loaders.
    if (source === 'prettier/parser-graphql') return this.resolve('prettier/plugins/graphql', importer);
    return null;
  },
};
