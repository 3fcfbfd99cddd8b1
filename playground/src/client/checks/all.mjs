// Checks the package as an application gets it: what is in it, how large it is, and whether it compiles with every version of
// graphql-js. Usage, after `npm run build`: node checks/all.mjs
import { checkPackage } from './package.mjs';
import { checkSize } from './size.mjs';
import { checkSources } from './sources.mjs';

const CHECKS = [
  ['Sources', checkSources],
  ['Size', checkSize],
  ['Package', checkPackage],
];

for (const [name, check] of CHECKS) console.log(`${name}: ${await check()}`);
