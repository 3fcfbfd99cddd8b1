import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { weights } from './build/weights.ts';

// The page answers at `/playground` and at `/playground/`, and no relative reference serves both: the server writes the path of
// PUBLIC_URL in front.
const pageBelowAnyPath: Plugin = {
  name: 'page-below-any-path',
  enforce: 'post',
  generateBundle: (_, bundle) => {
    const page = bundle['index.html'];
    if (page?.type === 'asset') page.source = String(page.source).replaceAll('"./', '"{{ base }}/playground/');
  },
};

export default defineConfig({
  // Every reference between files is relative, so that they work below any path.
  base: './',
  plugins: [react(), weights, pageBelowAnyPath],
  build: {
    target: 'es2022',
    // The policy of the page allows no `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
    license: { fileName: 'licenses.md' },
  },
  worker: { format: 'es' },
  server: { proxy: { '/graphql': { target: 'http://localhost:8080', ws: true } } },
});
