// The module `k6/metrics`, and what it makes of samples.
import { state } from './state.mjs';

// The metrics of k6 itself that this runner has.
export const kinds = new Map([
  ['checks', 'rate'],
  ['http_req_failed', 'rate'],
  ['http_req_duration', 'trend'],
  ['http_reqs', 'counter'],
  ['iterations', 'counter'],
  ['iteration_duration', 'trend'],
  ['group_duration', 'trend'],
]);

const metric = (kind) =>
  class {
    constructor(name) {
      this.name = name;
      kinds.set(name, kind);
    }

    add(value, tags) {
      state.add(this.name, Number(value), tags);
    }
  };

export const Counter = metric('counter');
export const Rate = metric('rate');
export const Trend = metric('trend');

const sum = (values) => values.reduce((all, value) => all + value, 0);

// With linear interpolation, as k6 does it.
function percentile(sorted, percent) {
  if (sorted.length === 0) return 0;
  const place = (percent / 100) * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
}

// The aggregates of a metric, by their names in thresholds.
export function aggregate(kind, values, seconds) {
  if (kind === 'counter') return { count: sum(values), rate: sum(values) / seconds };
  if (kind === 'rate') return { rate: values.length ? sum(values) / values.length : 0 };
  const sorted = [...values].sort((one, other) => one - other);
  const named = { avg: sorted.length ? sum(sorted) / sorted.length : 0, min: sorted[0] ?? 0, med: percentile(sorted, 50), max: sorted.at(-1) ?? 0 };
  return new Proxy(named, { get: (all, name) => all[name] ?? percentile(sorted, Number(name.match(/^p\(([\d.]+)\)$/)?.[1] ?? NaN)) });
}
