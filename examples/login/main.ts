import { serverUrl } from '../testing/server.js';
import { run } from './program.js';
import { contentOf } from './screen.js';

for (const [step, screen] of await run(serverUrl())) console.log(`${step}: ${contentOf(screen)}${screen.note && `: ${screen.note}`}`);
