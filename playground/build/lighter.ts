// What GraphiQL and Monaco import, and this page does without.
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const JSONC = fileURLToPath(new URL('../src/playground/graphiql/jsonc.ts', import.meta.url));

/** Prettier with its plugins for JavaScript formats JSON only. */
const isOfJson = (importer: string | undefined) => importer?.endsWith('/@graphiql/react/dist/utility/jsonc.js');

/** What Monaco brings for other languages and other pages. It is imported for its effects only, by its two lists of contributions. */
const UNUSED = new RegExp(
  `/(${[
    'codelens/browser/codelensController',
    'colorPicker/browser/(colorContributions|standaloneColorPickerActions)',
    'diffEditor/diffEditor.contribution',
    'diffEditorBreadcrumbs/browser/contribution',
    'dropOrPasteInto/browser/(copyPasteContribution|dropIntoEditorContribution)',
    'inlayHints/browser/inlayHintsContribution',
    'inlineCompletions/browser/inlineCompletions.contribution',
    'inlineEdits?/browser/inlineEdits?.contribution',
    'inlineProgress/browser/inlineProgress',
    'inspectTokens/inspectTokens',
    'linkedEditing/browser/linkedEditing',
    'rename/browser/rename',
    'sectionHeaders/browser/sectionHeaders',
    'semanticTokens/browser/(document|viewport)SemanticTokens',
    'stickyScroll/browser/stickyScrollContribution',
    'suggest/browser/suggestInlineCompletions',
  ].join('|')})\\.js$`,
);
const isListOfMonaco = (importer: string | undefined) => /\/vs\/editor\/(editor\.all|edcore\.main)\.js$/.test(importer ?? '');
const NOTHING = '\0nothing';

export const lighter: Plugin = {
  name: 'lighter',
  enforce: 'pre',
  resolveId(source, importer) {
    if (source.startsWith('prettier/') && isOfJson(importer)) return JSONC;
    // The same plugin a second time, in the format of older loaders.
    if (source === 'prettier/parser-graphql') return this.resolve('prettier/plugins/graphql', importer);
    return isListOfMonaco(importer) && UNUSED.test(source) ? NOTHING : null;
  },
  load: (id) => (id === NOTHING ? '' : null),
};
