// A virtual user: a thread that runs the scenario again and again. Its calls block it, as in k6; the main thread, which
// sends the requests, waits for none of them.
import { register } from 'node:module';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

const { script, number, port, signal } = workerData;
const done = new Int32Array(signal);

globalThis.__ENV = process.env;
globalThis.__VU = number;
globalThis.__ITER = 0;
register('./resolve.mjs', import.meta.url);

const { state } = await import('./state.mjs');
state.send = (request) => {
  port.postMessage(request);
  Atomics.wait(done, 0, 0);
  Atomics.store(done, 0, 0);
  return receiveMessageOnPort(port).message;
};

const { default: iterate } = await import(script);

// Starts together with the others, and ends with the iteration that runs at the end, as in k6 (`gracefulStop`).
parentPort.postMessage({ ready: true });
const { until } = await new Promise((begin) => parentPort.once('message', begin));
for (; Date.now() < until; globalThis.__ITER += 1) {
  const began = performance.now();
  let error;
  try {
    await iterate();
  } catch (thrown) {
    // k6 writes it to the log, and begins the next iteration.
    error = thrown?.stack ?? String(thrown);
  }
  state.add('iteration_duration', performance.now() - began);
  state.add('iterations', 1);
  parentPort.postMessage({ samples: state.take(), error });
}
port.close();
parentPort.close();
