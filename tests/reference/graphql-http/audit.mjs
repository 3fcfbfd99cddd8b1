// Asks a running server all questions of graphql-http about GraphQL over HTTP.
// Usage: node audit.mjs http://127.0.0.1:8080/graphql
import { auditServer } from 'graphql-http';

// A newer graphql-http may ask more: then read what, and change the number.
const EXPECTED = 61;

const [url] = process.argv.slice(2);
if (!url) {
  console.error('usage: node audit.mjs <url of the GraphQL endpoint>');
  process.exit(2);
}

const results = await auditServer({ url });
const failed = results.filter((result) => result.status !== 'ok');
for (const { id, name, status, reason } of failed) {
  console.error(`${status} ${id}: ${name}\n  ${reason}`);
}
console.log(`${results.length - failed.length} of ${results.length} audits passed (${EXPECTED} expected)`);
process.exit(failed.length === 0 && results.length === EXPECTED ? 0 : 1);
