// The module `k6`: check, group, sleep, fail.
import { state } from './state.mjs';

const neverWoken = new Int32Array(new SharedArrayBuffer(4));

export function check(value, checks, tags = {}) {
  let all = true;
  for (const [name, holds] of Object.entries(checks)) {
    const passed = Boolean(typeof holds === 'function' ? holds(value) : holds);
    state.add('checks', passed ? 1 : 0, { check: name, ...tags });
    all &&= passed;
  }
  return all;
}

export function group(name, run) {
  const [outer, began] = [state.group, performance.now()];
  state.group = `${outer}::${name}`;
  try {
    return run();
  } finally {
    state.add('group_duration', performance.now() - began);
    state.group = outer;
  }
}

export function sleep(seconds) {
  Atomics.wait(neverWoken, 0, 0, seconds * 1000);
}

export function fail(message = '') {
  throw new Error(message);
}
