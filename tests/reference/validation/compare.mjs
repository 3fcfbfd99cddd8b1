// Asks a running server and graphql-js, 16 and 17, what they think of random documents and of random values for variables, and
// fails where they disagree. Usage: node compare.mjs <base url> [seed] [documents] [values]
// The server must have no limits: RATE_LIMIT_REQUESTS=0 RATE_LIMIT_BUDGET=0.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import * as js16 from 'graphql-16';
import * as js17 from 'graphql-17';
import { documentOf } from './documents.mjs';
import { checkScalars } from './scalars.mjs';
import { variablesOf } from './variables.mjs';

const [base, seed = '1', documents = '20000', values = '4000'] = process.argv.slice(2);
if (!base) {
  console.error('usage: node compare.mjs <base url> [seed] [documents] [values]');
  process.exit(2);
}
const AT_ONCE = 8;
// A document may be refused for its size, which says nothing about it; were it many, little would be compared.
const MOST_TOO_LARGE = 0.05;
const PATIENCE = Number(process.env.TIMEOUT_SECONDS ?? 300) * 1000;
// No operation has this name, so that nothing runs.
const NO_OPERATION = 'NoOperationHasThisName';
const MEANINGS = { GRAPHQL_PARSE_FAILED: 'no document', GRAPHQL_VALIDATION_FAILED: 'not valid', BAD_USER_INPUT: 'not valid', BAD_REQUEST: 'valid', QUERY_TOO_COMPLEX: 'too large' };

const sdl = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');
const judges = [js16, js17].map((js) => ({ js, schema: checkScalars(js, js.buildSchema(sdl)), rules: js.specifiedRules.filter((rule) => rule !== js.MaxIntrospectionDepthRule) }));
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

setTimeout(() => {
  console.error(`not finished after ${PATIENCE / 1000} seconds`);
  process.exit(1);
}, PATIENCE).unref();

function ask(body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
    const asked = request(`${base}/graphql`, { method: 'POST', agent, headers }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(parts).toString())));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

function judgeDocument({ js, schema, rules }, text) {
  let document;
  try {
    document = js.parse(text);
  } catch {
    return 'no document';
  }
  // graphql-js 17 reads a draft in which selections may be empty; in the specification of September 2025 they may not.
  let hasEmptySelection = false;
  js.visit(document, { SelectionSet: ({ selections }) => { hasEmptySelection ||= selections.length === 0; } });
  if (hasEmptySelection) return 'no document';
  // Types are not for a server that only executes; it does not know how they are written.
  if (document.definitions.some(({ kind }) => kind !== 'OperationDefinition' && kind !== 'FragmentDefinition')) return 'no document';
  try {
    return js.validate(schema, document, rules, { maxErrors: 1, hideSuggestions: true }).length > 0 ? 'not valid' : 'valid';
  } catch (error) {
    // graphql-js 16 throws where a subscription has @skip or @include with a variable at its root.
    if (error instanceof js.GraphQLError) return 'not valid';
    throw error;
  }
}

async function compareDocument(index) {
  const text = documentOf(judges[0].schema, Number(seed), index);
  const [by16, by17] = judges.map((judge) => judgeDocument(judge, text));
  const answer = await ask(JSON.stringify({ query: text, operationName: NO_OPERATION }));
  const code = answer.errors?.[0]?.extensions?.code;
  return { by16, by17, ours: MEANINGS[code] ?? `answered ${code}`, what: text, answer };
}

function judgeValues({ js, schema }, query, variables) {
  const [operation] = js.parse(query).definitions;
  return js.getVariableValues(schema, operation.variableDefinitions, JSON.parse(variables)).errors ? 'not valid' : 'valid';
}

async function compareValues(index) {
  const { query, variables } = variablesOf(judges[0].schema, Number(seed), index);
  const [by16, by17] = judges.map((judge) => judgeValues(judge, query, variables));
  const answer = await ask(`{"query":${JSON.stringify(query)},"variables":${variables}}`);
  const code = answer.errors?.[0]?.extensions?.code;
  const ours = code === undefined ? 'valid' : code === 'BAD_USER_INPUT' && !('data' in answer) ? 'not valid' : `answered ${code}`;
  return { by16, by17, ours, what: `${query} ${variables}`, answer };
}

/** Compares `count` of them, and answers how many differ. graphql-js 17 is the newer one: where 16 differs from it, 17 counts. */
async function run(name, count, compare) {
  const counts = {};
  const differences = [];
  const generations = {};
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const result = await compare(next++);
      const { by16, by17, ours } = result;
      counts[ours] = (counts[ours] ?? 0) + 1;
      if (by16 !== by17) generations[`${by16} | ${by17}`] = result.what;
      if (ours !== by17 && ours !== 'too large') differences.push(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  console.log(`${count} ${name}, seed ${seed}:`, counts, `we differ from graphql-js 17 on ${differences.length}`);
  for (const [kind, example] of Object.entries(generations)) console.log(`graphql-js 16 | 17 differ: ${kind}, as on\n${example}`);
  for (const { by16, by17, ours, what, answer } of differences.slice(0, 12)) {
    console.error(`\n16: ${by16}, 17: ${by17}, ours: ${ours}\n${what}\n${JSON.stringify(answer).slice(0, 400)}`);
  }
  const isOneSided = ['valid', 'not valid'].some((verdict) => (counts[verdict] ?? 0) < count / 10);
  if (isOneSided || (counts['too large'] ?? 0) > count * MOST_TOO_LARGE) {
    console.error(`${name}: the verdicts are too one-sided to prove anything`);
    return 1;
  }
  return differences.length;
}

const differing = (await run('documents', Number(documents), compareDocument)) + (await run('values of variables', Number(values), compareValues));
agent.destroy();
process.exit(differing === 0 ? 0 : 1);
