// The files that the checks read and write.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, '../../..');
export const schemaFile = process.env.SCHEMA ?? join(root, 'schema.graphql');
export const readSchema = () => readFileSync(schemaFile, 'utf8');

/** An empty folder for what a check writes. */
export function emptyFolder(name) {
  const folder = join(here, 'out', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

export function write(folder, files) {
  for (const { filename, content } of files) {
    const file = join(folder, filename);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
