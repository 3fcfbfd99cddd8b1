// How much a page loads.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './files.mjs';

const LARGEST = 12 * 1024;
/** Loaded with the first subscription, and graphql-ws with it. */
const LARGEST_OF_SUBSCRIPTIONS = 3 * 1024;

export async function checkSize() {
  const { metafile } = await build({
    entryPoints: [join(root, 'dist/index.js')],
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    external: ['graphql-ws'],
    outdir: 'out',
    write: false,
    metafile: true,
  });
  const outputs = Object.entries(metafile.outputs);
  const sizeOf = (isPart) => outputs.filter(([name]) => isPart(name)).reduce((sum, [, { bytes }]) => sum + bytes, 0);
  const isLate = (name) => name.includes('subscriptions');
  const [first, late] = [sizeOf((name) => !isLate(name)), sizeOf(isLate)];
  assert.ok(late > 0, 'subscriptions are not loaded on their own');
  assert.ok(first <= LARGEST, `${first} bytes`);
  assert.ok(late <= LARGEST_OF_SUBSCRIPTIONS, `${late} bytes of subscriptions`);
  return `${first} bytes minified, and ${late} with the first subscription`;
}
