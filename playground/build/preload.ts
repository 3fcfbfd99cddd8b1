// The playground asks for its editor only after it has shown itself. Its page names the files of the editor, so that the browser
// loads and compiles them together with the rest.
import type { HtmlTagDescriptor, Plugin } from 'vite';

/** The modules that GraphiQL imports late, though it always needs them. */
const ALWAYS = [/\/monaco-graphql\/esm\/monaco-editor\.js$/, /\/monaco-graphql\/esm\/lite\.js$/, /\/monaco-graphql\/esm\/graphqlMode\.js$/];

export const preload: Plugin = {
  name: 'preload',
  transformIndexHtml: {
    order: 'post',
    handler: (html, { bundle, filename }) => {
      if (!bundle || !filename.endsWith('/playground.html')) return html;
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const names = new Set<string>();
      const styles = new Set<string>();
      const add = (name: string) => {
        const chunk = chunks.find(({ fileName }) => fileName === name);
        if (!chunk || names.has(name) || html.includes(name)) return;
        names.add(name);
        for (const style of chunk.viteMetadata?.importedCss ?? []) styles.add(style);
        for (const one of chunk.imports) add(one);
      };
      for (const { fileName, moduleIds } of chunks) if (moduleIds.some((id) => ALWAYS.some((late) => late.test(id)))) add(fileName);
      const tag = (attrs: Record<string, string>): HtmlTagDescriptor => ({ tag: 'link', attrs: { crossorigin: true, ...attrs }, injectTo: 'head' });
      return [
        ...[...names].map((name) => tag({ rel: 'modulepreload', href: `./${name}` })),
        ...[...styles].map((name) => tag({ rel: 'preload', as: 'style', href: `./${name}` })),
      ];
    },
  },
};
