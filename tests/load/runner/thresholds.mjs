// The thresholds of a scenario: `http_req_duration{name:login}` with `p(95)<500`.
import { aggregate, kinds } from './metrics.mjs';

const AGGREGATES = { counter: /^(count|rate)$/, rate: /^rate$/, trend: /^(avg|min|med|max|p\([\d.]+\))$/ };
const compare = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
  '==': (value, bound) => value === bound,
  '!=': (value, bound) => value !== bound,
};

// Reads a threshold. A metric that there is not, or an aggregate that it does not have, is an error.
export function parse(on, expression) {
  const [, name, , tags = ''] = on.match(/^(\w+)(\{(.*)\})?$/) ?? [];
  const kind = kinds.get(name);
  if (!kind) throw new Error(`There is no metric ${on}.`);
  const [, what, sign, bound] = (typeof expression === 'string' && expression.match(/^\s*(\S+?)\s*(<=|>=|==|!=|<|>)\s*([\d.]+)\s*$/)) || [];
  if (!what || !AGGREGATES[kind].test(what)) throw new Error(`${on}: this runner does not understand ${JSON.stringify(expression)}.`);
  const wanted = tags.split(',').filter(Boolean).map((tag) => tag.split(/:(.*)/, 2).map((part) => part.trim()));
  return { on, expression, name, kind, wanted, what, sign, bound: Number(bound) };
}

export function judge({ on, expression, name, kind, wanted, what, sign, bound }, samples, seconds) {
  const values = samples
    .filter((sample) => sample.metric === name && wanted.every(([tag, value]) => sample.tags[tag] === value))
    .map(({ value }) => value);
  const value = aggregate(kind, values, seconds)[what];
  return { on, expression, value, isKept: compare[sign](value, bound) };
}
