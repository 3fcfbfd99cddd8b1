// Runs a scenario for k6 where k6 cannot be installed: the same file, with the part of the API of k6 that the scenarios here
// use. Numbers of a real load test come from k6 itself; see README.md.
// Usage: BASE_URL=… VUS=5 DURATION=10s node run.mjs session-lifecycle.js
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { aggregate, kinds } from './runner/metrics.mjs';
import { judge, parse } from './runner/thresholds.mjs';

// The exit codes of k6.
const THRESHOLDS_CROSSED = 99;
const INVALID = 104;
const OPTIONS = ['vus', 'duration', 'thresholds'];

const seconds = (duration) =>
  [...duration.matchAll(/([\d.]+)(ms|h|m|s)/g)].reduce((sum, [, n, unit]) => sum + n * { ms: 0.001, s: 1, m: 60, h: 3600 }[unit], 0);

// ---- requests

// Sends a request over the connections of one virtual user. Where there is no answer, the status is 0, as in k6.
const sender = () => {
  const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };
  return ({ method, url, body, headers }) =>
    new Promise((answered) => {
      const began = performance.now();
      const done = (status, text, error = '') =>
        answered({ status, body: text, error, url, timings: { duration: performance.now() - began } });
      const { protocol } = new URL(url);
      const send = protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(url, { method, headers, agent: agents[protocol], timeout: 60_000 }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => done(response.statusCode, Buffer.concat(parts).toString()));
        response.on('error', (error) => done(0, null, error.message));
      });
      request.on('timeout', () => request.destroy(new Error('request timeout')));
      request.on('error', (error) => done(0, null, error.message));
      request.end(body ?? undefined);
    });
};

// ---- virtual users

function start(script, number) {
  const { port1: port, port2: theirs } = new MessageChannel();
  const signal = new SharedArrayBuffer(4);
  const send = sender();
  port.on('message', async (request) => {
    port.postMessage(await send(request));
    Atomics.store(new Int32Array(signal), 0, 1);
    Atomics.notify(new Int32Array(signal), 0);
  });
  const workerData = { script, number, port: theirs, signal };
  const worker = new Worker(new URL('./runner/vu.mjs', import.meta.url), { workerData, transferList: [theirs] });
  const ended = new Promise((resolved, failed) => worker.once('exit', resolved).once('error', failed));
  const ready = new Promise((resolved) => worker.once('message', resolved));
  return { worker, ready: Promise.race([ready, ended]), ended };
}

async function run(script, { vus, duration }) {
  const [samples, errors] = [[], []];
  const users = Array.from({ length: vus }, (_, index) => start(script, index + 1));
  await Promise.all(users.map(({ ready }) => ready));
  const began = Date.now();
  for (const { worker } of users) {
    worker.on('message', ({ samples: taken, error }) => {
      for (const sample of taken) samples.push(sample);
      if (error) errors.push(error);
    });
    worker.postMessage({ until: began + seconds(duration) * 1000 });
  }
  await Promise.all(users.map(({ ended }) => ended));
  return { samples, errors, took: (Date.now() - began) / 1000 };
}

// ---- what is told at the end

const rounded = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(2));

function tell({ samples, errors, took }, results) {
  const checks = new Map();
  for (const { value, tags } of samples.filter(({ metric }) => metric === 'checks')) {
    const [passed, all] = checks.get(tags.check) ?? [0, 0];
    checks.set(tags.check, [passed + value, all + 1]);
  }
  for (const [name, [passed, all]] of checks) console.log(`  ${passed === all ? '✓' : '✗'} ${name}: ${passed} of ${all}`);
  for (const [name, kind] of kinds) {
    const values = samples.filter(({ metric }) => metric === name).map(({ value }) => value);
    const all = aggregate(kind, values, took);
    const names = { counter: ['count', 'rate'], rate: ['rate'], trend: ['avg', 'med', 'p(95)', 'max'] }[kind];
    console.log(`    ${name.padEnd(20)} ${names.map((it) => `${it}=${rounded(all[it])}`).join('  ')}`);
  }
  for (const { on, expression, value, isKept } of results) console.log(`  ${isKept ? '✓' : '✗'} ${on} ${expression} (${rounded(value)})`);
  for (const error of errors.slice(0, 5)) console.error(error);
}

const [file] = process.argv.slice(2);
if (!file) {
  console.error('usage: node run.mjs <scenario.js>');
  process.exit(INVALID);
}
const script = pathToFileURL(resolve(file)).href;
globalThis.__ENV = process.env;
register('./runner/resolve.mjs', import.meta.url);
const { options } = await import(script);
let thresholds;
try {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  if (unknown.length) throw new Error(`This runner has no option ${unknown}.`);
  thresholds = Object.entries(options.thresholds ?? {}).flatMap(([on, expressions]) => expressions.map((it) => parse(on, it)));
} catch (error) {
  console.error(error.message);
  process.exit(INVALID);
}
const outcome = await run(script, options);
const results = thresholds.map((threshold) => judge(threshold, outcome.samples, outcome.took));
console.log(`${file}: ${options.vus} virtual users, ${outcome.took.toFixed(1)} s`);
tell(outcome, results);
process.exit(results.every(({ isKept }) => isKept) ? 0 : THRESHOLDS_CROSSED);
