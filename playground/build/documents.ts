// The file documents.json: every text that the pages send by themselves, and which pages. Where the server runs trusted documents
// only, it trusts those of the pages that are enabled.
import { existsSync } from 'node:fs';
import { runnerImport, type Plugin } from 'vite';

/** What all pages send: to sign in, and to look after the account. */
const SHARED = ['src/client/generated/graphql.ts', 'src/shared/account/generated.ts'];

const ownFiles = (page: string) => [`src/${page}/generated.ts`, ...(page === 'playground' ? ['src/playground/graphiql/introspection.ts'] : [])];

/** The documents that a module exports. */
const textsOf = async (path: string): Promise<string[]> => {
  if (!existsSync(path)) return [];
  const { module } = await runnerImport<Record<string, unknown>>(`./${path}`);
  return Object.values(module).filter((value) => value instanceof String).map(String);
};

const inOrder = (texts: Iterable<string>) => [...texts].sort();

export const documents = (pages: readonly string[]): Plugin => ({
  name: 'documents',
  apply: 'build',
  async generateBundle() {
    const pagesOf = new Map<string, string[]>();
    for (const page of pages) {
      const texts = await Promise.all([...SHARED, ...ownFiles(page)].map(textsOf));
      for (const text of new Set(texts.flat())) pagesOf.set(text, [...(pagesOf.get(text) ?? []), page]);
    }
    const source = Object.fromEntries(inOrder(pagesOf.keys()).map((text) => [text, inOrder(pagesOf.get(text) ?? [])]));
    this.emitFile({ type: 'asset', fileName: 'documents.json', source: `${JSON.stringify(source, null, 1)}\n` });
  },
});
