// Networks that lose answers, and browsers whose tabs share things.
import { createServer } from 'node:http';
import type { Fetch, ItemStorage, Locks } from '@authgraph/client';

export interface LossyProxy {
  readonly url: string;
  /** The answers that were lost. */
  readonly lost: readonly string[];
  close(): void;
}

/** A proxy that loses some answers after the server has given them. */
export const startLossyProxy = async (target: string, loses: (body: string) => boolean): Promise<LossyProxy> => {
  const lost: string[] = [];
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const { authorization = '' } = request.headers;
    const answer = await fetch(`${target}${request.url}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization }, body });
    const text = await answer.text();
    if (loses(body)) {
      lost.push(text);
      request.socket.destroy();
    } else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  // A test that fails does not close it.
  proxy.unref();
  const address = proxy.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, lost, close: () => void proxy.close() };
};

/** The locks of one browser. */
export const browserLocks = (): Locks => {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    request: (_name, { ifAvailable }, action) => {
      if (ifAvailable && waiting > 0) return action(null);
      waiting += 1;
      const turn = last.then(() => action({})).finally(() => (waiting -= 1));
      last = turn.catch(() => {});
      return turn;
    },
  };
};

/** The `localStorage` of one browser. */
export const browserStorage = (): ItemStorage & { readonly items: ReadonlyMap<string, string> } => {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
};

/** The cookies of one browser, for requests that ask for credentials. */
export const browserFetch = () => {
  let cookie = '';
  const answers: string[] = [];
  const fetchWithCookies: Fetch = async (url, init) => {
    const headers = { ...init.headers, ...(init.credentials === 'include' && cookie && { cookie }) };
    const response = await fetch(url, { ...init, headers });
    for (const set of response.headers.getSetCookie()) [cookie = ''] = set.split(';');
    const text = await response.text();
    answers.push(text);
    return { status: response.status, json: async () => JSON.parse(text) };
  };
  return { fetch: fetchWithCookies, answers, cookie: () => cookie };
};

/** Counts what is sent by the name of its operation. */
export const counted = (inner: Fetch = fetch) => {
  const sent: string[] = [];
  const fetchAndCount: Fetch = (url, init) => {
    sent.push(/(?:query|mutation) (\w+)/.exec(init.body)?.[1] ?? '');
    return inner(url, init);
  };
  return { fetch: fetchAndCount, of: (name: string) => sent.filter((one) => one === name).length };
};
