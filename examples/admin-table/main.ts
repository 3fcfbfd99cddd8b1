import { administrator, serverUrl } from '../testing/server.js';
import { run } from './program.js';

const { states, asked } = await run(serverUrl(), administrator());
for (const [step, state] of states) console.log(`${step}: ${state}`);
for (const methods of asked) console.log(`The dialog asked for ${methods.join(' and ')}.`);
