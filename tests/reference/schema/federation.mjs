// @apollo/composition on schema.graphql as a subgraph of Federation 1 and 2, beside another one.
import assert from 'node:assert/strict';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { readSchema } from './files.mjs';

const FEDERATION_2 = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n';
const ORDERS = 'type Query { orders: [Order!]! } type Order @key(fields: "id") { id: ID! buyerId: ID! }';
/** RateBucket is the type of an argument of a directive, and composition looks for its fields only. */
const HARMLESS = /^Enum type "RateBucket" is defined but unused\./;

export function checkFederation() {
  for (const [version, link] of [[1, ''], [2, FEDERATION_2]]) {
    const { errors = [], hints = [], supergraphSdl } = composeServices([
      { name: 'auth', url: 'http://auth.example.com/graphql', typeDefs: parse(link + readSchema()) },
      { name: 'orders', url: 'http://orders.example.com/graphql', typeDefs: parse(link + ORDERS) },
    ]);
    const found = [...errors, ...hints].map(({ message }) => message).filter((message) => !HARMLESS.test(message));
    assert.deepEqual(found, [], `Federation ${version}:\n${found.join('\n')}`);
    assert.ok(/\blogin\([^)]*input: LoginInput!\s*\): LoginResult/.test(supergraphSdl), `Federation ${version}: no login`);
  }
  return 'composes as Federation 1 and 2';
}
