// How much a page loads.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './files.mjs';

const LARGEST = 12 * 1024;
/** Loaded with the first subscription, and graphql-ws with it. */
const LARGEST_OF_SUBSCRIPTIONS = 3.25 * 1024;
/** With graphql-ws, and without graphql-js, which the main module of that package would bring. */
const LARGEST_OF_ALL = 28 * 1024;

async function outputsOf(external) {
  const { metafile } = await build({
    entryPoints: [join(root, 'dist/index.js')],
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    external,
    outdir: 'out',
    write: false,
    metafile: true,
  });
  return Object.entries(metafile.outputs);
}

const sizeOf = (outputs, isPart) => outputs.filter(([name]) => isPart(name)).reduce((sum, [, { bytes }]) => sum + bytes, 0);

export async function checkSize() {
  const own = await outputsOf(['graphql-ws']);
  const isLate = (name) => name.includes('subscriptions');
  const all = sizeOf(await outputsOf([]), () => true);
  const [first, late] = [sizeOf(own, (name) => !isLate(name)), sizeOf(own, isLate)];
  assert.ok(late > 0, 'subscriptions are not loaded on their own');
  assert.ok(first <= LARGEST, `${first} bytes`);
  assert.ok(late <= LARGEST_OF_SUBSCRIPTIONS, `${late} bytes of subscriptions`);
  assert.ok(all <= LARGEST_OF_ALL, `${all} bytes with graphql-ws`);
  return `${first} bytes minified, and ${late} with the first subscription; ${all} with graphql-ws`;
}
