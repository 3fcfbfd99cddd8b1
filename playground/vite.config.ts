import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { documents } from './build/documents.ts';
import { lighter } from './build/lighter.ts';
import { preload } from './build/preload.ts';
import { weights } from './build/weights.ts';

/** Each is a page of the server, at the path of its name. */
const PAGES = ['playground', 'console', 'demo', 'account'];

// A page answers at several paths, such as `/console` and `/console/users`, and no relative reference serves all of them: the server
// writes the path of PUBLIC_URL in front.
const pageBelowAnyPath: Plugin = {
  name: 'page-below-any-path',
  enforce: 'post',
  generateBundle: (_, bundle) => {
    for (const name of PAGES) {
      const page = bundle[`${name}.html`];
      if (page?.type === 'asset') page.source = String(page.source).replaceAll('"./', `"{{ base }}/${name}/`);
    }
  },
};

export default defineConfig({
  // Every reference between files is relative, so that they work below any path.
  base: './',
  // The client has packages of its own for its tests. The pages are the same whether they are installed or not.
  resolve: { dedupe: ['graphql', 'graphql-ws'] },
  plugins: [react(), lighter, weights, preload, documents(PAGES), pageBelowAnyPath],
  build: {
    target: 'es2022',
    // The policies of the pages allow no `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
    license: { fileName: 'licenses.md' },
    rolldownOptions: { input: PAGES.map((name) => `${name}.html`) },
  },
  worker: { format: 'es', plugins: () => [lighter] },
  server: { proxy: { '/graphql': { target: 'http://localhost:8080', ws: true } } },
});
