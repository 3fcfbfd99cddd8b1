// Types must come from the schema alone, so nothing may silence the compiler.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './files.mjs';

/** The data of an answer: the function around it says why. */
const ALLOWED = ['document.ts: data as Data'];

const LARGEST = 250;

/** A cast, `any`, `!` or a comment for the compiler. */
function silenced(name) {
  const source = ts.createSourceFile(name, readFileSync(join(root, name), 'utf8'), ts.ScriptTarget.ES2022, true);
  const found = [...source.text.matchAll(/@ts-\w+/g)].map(([comment]) => `${name}: ${comment}`);
  const look = (node) => {
    const isCast = (ts.isAsExpression(node) && node.type.getText() !== 'const') || ts.isTypeAssertionExpression(node);
    if (isCast || ts.isNonNullExpression(node) || node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${name}: ${node.getText()}`);
    ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

export function checkSources() {
  const names = [...readdirSync(root).filter((name) => name.endsWith('.ts')), 'generated/graphql.ts'];
  assert.deepEqual(names.flatMap(silenced), ALLOWED, 'casts, any and ! hide what the schema does not say');
  for (const name of names.filter((one) => !one.startsWith('generated/'))) {
    const lines = readFileSync(join(root, name), 'utf8').split('\n').length - 1;
    assert.ok(lines <= LARGEST, `${name} has ${lines} lines`);
  }
  return `no any and no !, and one cast, in ${names.length} files`;
}
