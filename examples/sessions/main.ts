import { serverUrl } from '../testing/server.js';
import { run } from './program.js';

const { states, requests } = await run(serverUrl());
for (const state of states) console.log(state);
console.log(`${requests} requests after the first.`);
