// Checks schema.graphql with the tools of its clients. After `npm ci` it needs no network.
// Usage: node check.mjs
import { checkChanges, checkDeprecations, checkTheCheckOfChanges } from './changes.mjs';
import { checkDocuments } from './documents.mjs';
import { here } from './files.mjs';
import { checkFederation } from './federation.mjs';
import { checkExamples, checkGenerators } from './generators.mjs';
import { checkHandbook } from './handbook.mjs';
import { checkRelay } from './relay.mjs';

const CHECKS = [
  ['Code generators and tsc', checkGenerators],
  ['The examples', checkExamples],
  ['The code of docs/clients.md, of the guides and of docs/services.md', checkDocuments],
  ['The code of docs/oauth.md', checkHandbook],
  ['Relay', checkRelay],
  ['Federation', checkFederation],
  ['Deprecations', checkDeprecations],
  ['The comparison of releases, on two small schemas', checkTheCheckOfChanges],
  ['Changes since the last release', checkChanges],
];

// graphql-codegen looks for its presets in the folder that it is started in.
process.chdir(here);

let failed = 0;
for (const [name, check] of CHECKS) {
  const began = performance.now();
  try {
    const said = await check();
    console.log(`${name}: ${said} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.error(`FAILED: ${name}\n${error.message}\n`);
  }
}
process.exit(failed === 0 ? 0 : 1);
