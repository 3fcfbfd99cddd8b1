import { serverUrl } from '../testing/server.js';
import { run } from './program.js';

const [first] = await run(serverUrl());
for (const state of first?.states ?? []) console.log(state);
console.log(`${first?.requests} requests after the first.`);
