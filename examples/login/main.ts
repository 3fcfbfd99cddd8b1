import { serverUrl } from '../testing/server.js';
import { run } from './program.js';

for (const [step, { at, note }] of await run(serverUrl())) console.log(`${step}: ${at}${note && `: ${note}`}`);
