// The module `k6/http`: requests with a text as their body.
import { state } from './state.mjs';

class Response {
  constructor(answer) {
    Object.assign(this, answer);
  }

  json(selector) {
    if (selector !== undefined) throw new Error('This runner has no selectors.');
    return JSON.parse(this.body);
  }
}

function request(method, url, body, { headers = {}, tags = {}, ...others } = {}) {
  const unknown = Object.keys(others);
  if (unknown.length) throw new Error(`This runner has no ${unknown}.`);
  if (body !== null && typeof body !== 'string') throw new Error('This runner sends only texts.');
  const answer = state.send({ method, url, body, headers });
  const all = { method, url, name: url, status: String(answer.status), ...tags };
  state.add('http_reqs', 1, all);
  state.add('http_req_duration', answer.timings.duration, all);
  state.add('http_req_failed', answer.status >= 200 && answer.status < 400 ? 0 : 1, all);
  return new Response(answer);
}

export default {
  get: (url, params) => request('GET', url, null, params),
  post: (url, body = null, params) => request('POST', url, body, params),
};
