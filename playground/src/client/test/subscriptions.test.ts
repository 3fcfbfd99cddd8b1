import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthClient, DocumentText, type AuthClient } from '@authgraph/client';
import WebSocket from 'ws';
import { counted } from './support/network.js';
import { heardBy, loggedIn, newcomer, registered, rename, revokeOthers } from './support/people.js';
import { sleep, startServer, until, type Server } from './support/server.js';

interface Event {
  readonly id: string;
  readonly action: string;
}

const SecurityEvents = new DocumentText<{ readonly securityEvents: Event }, { readonly after?: string }>(
  'subscription SecurityEvents($after: ID) { securityEvents(after: $after) { id action } }',
);
const LastEvent = new DocumentText<{ readonly me: { readonly auditEvents: { readonly nodes: readonly { readonly id: string }[] } } }, Record<string, never>>(
  'query LastEvent { me { auditEvents(first: 1) { nodes { id } } } }',
);
const Renames = new DocumentText<{ readonly me: { readonly auditEvents: { readonly nodes: readonly { readonly id: string }[] } } }, Record<string, never>>(
  'query Renames { me { auditEvents(first: 100, filter: { actions: [PROFILE_UPDATED] }) { nodes { id } } } }',
);

let server: Server;
before(async () => void (server = await startServer({ ACCESS_TOKEN_LIFETIME: '3s', RATE_LIMIT_REQUESTS: '0' })));
after(() => server.remove());

/** Follows the user's events from now on, and keeps what arrives. */
const follow = async (client: AuthClient, signal?: AbortSignal) => {
  const [last] = (await client.request(LastEvent, {})).me.auditEvents.nodes;
  const events: Event[] = [];
  const ended = (async () => {
    const more = signal ? { signal } : {};
    for await (const { securityEvents } of client.subscribe(SecurityEvents, last ? { after: last.id } : {}, more)) events.push(securityEvents);
  })();
  // Whoever awaits it hears of its error.
  ended.catch(() => {});
  return { events, ended, renames: () => events.filter(({ action }) => action === 'PROFILE_UPDATED').map(({ id }) => id) };
};

test('no event is missed and none comes twice, while tokens are renewed and the server restarts', async () => {
  const network = counted();
  const client = await registered({ ...server, fetch: network.fetch, webSocket: WebSocket });
  const stop = new AbortController();
  const { events, renames, ended } = await follow(client, stop.signal);
  let done = 0;
  const renameAgain = async () => rename(client, `Ann ${++done}`).catch(() => (done -= 1));

  // Tokens live for three seconds, so sockets are closed three times.
  for (const end = performance.now() + 9_000; performance.now() < end; await sleep(150)) await renameAgain();
  const before = network.of('Refresh');
  assert.ok(before >= 2, `only ${before} tokens were renewed`);
  await server.stop();
  await server.start();
  for (let time = 0; time < 5; time++) await renameAgain();

  await until(() => renames().length >= done);
  await sleep(500);
  const { nodes } = (await client.request(Renames, {})).me.auditEvents;
  assert.deepEqual(renames(), nodes.map(({ id }) => id).reverse());
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
  stop.abort();
  await ended;
  client.close();
});

test('a socket whose clock stands still gets a new token after 4403', async () => {
  const ann = newcomer();
  // The client believes that its token lives for an hour.
  const options = {
    ...server,
    webSocket: WebSocket,
    fetch: async (url: string, init: RequestInit) => {
      const text = await (await fetch(url, init)).text();
      return { status: 200, json: async () => JSON.parse(text.replaceAll(/"accessTokenExpiresIn":\d+/g, '"accessTokenExpiresIn":3600')) };
    },
  };
  const client = await registered(options, ann);
  const stop = new AbortController();
  const { renames, ended } = await follow(client, stop.signal);
  await sleep(4_000);

  // Not by the client itself, which would hear from the answer that its token has expired.
  await rename(await loggedIn({ ...server }, ann), 'Ann');

  await until(() => renames().length === 1);
  stop.abort();
  await ended;
  client.close();
});

test('the event that ends the session arrives, and then the subscription says why', async () => {
  const ann = newcomer();
  const phone = await registered({ ...server, webSocket: WebSocket }, ann);
  const heard = heardBy(phone);
  const { events, ended } = await follow(phone);
  const laptop = await loggedIn({ ...server }, ann);
  await until(() => events.some(({ action }) => action === 'LOGIN'));

  await revokeOthers(laptop);

  await assert.rejects(ended, { code: 'SESSION_ENDED', sessionEndReason: 'REVOKED_BY_USER' });
  assert.equal(events.at(-1)?.action, 'SESSIONS_REVOKED');
  assert.deepEqual(heard, [{ session: null, code: 'SESSION_ENDED', why: 'REVOKED_BY_USER' }]);
});

test('the next user does not get the events of the one before', async () => {
  const bob = newcomer('bob');
  await registered({ ...server }, bob);
  const client = await registered({ ...server, webSocket: WebSocket });
  const first = await follow(client);
  await rename(client, 'Ann');
  await until(() => first.renames().length === 1);

  await client.login(bob);
  const stop = new AbortController();
  const second = await follow(client, stop.signal);
  await rename(client, 'Bob');

  await until(() => second.renames().length === 1);
  await assert.rejects(first.ended, { code: 'UNAUTHENTICATED' });
  assert.equal(first.renames().length, 1);
  stop.abort();
  await second.ended;
});

test('subscriptions that begin together share a socket', async () => {
  const sockets: WebSocket[] = [];
  class Counted extends WebSocket {
    constructor(...from: ConstructorParameters<typeof WebSocket>) {
      super(...from);
      sockets.push(this);
    }
  }
  const client = await registered({ ...server, webSocket: Counted });
  const stop = new AbortController();
  const both = await Promise.all([follow(client, stop.signal), follow(client, stop.signal)]);
  await rename(client, 'Ann');

  await until(() => both.every(({ renames }) => renames().length === 1));

  assert.equal(new Set(sockets.filter(({ readyState }) => readyState === WebSocket.OPEN)).size, 1);
  stop.abort();
  await Promise.all(both.map(({ ended }) => ended));
});

test('a page hears whether events can arrive', async () => {
  const client = await registered({ ...server, webSocket: WebSocket });
  const heard: boolean[] = [];
  const stop = new AbortController();
  const options = { signal: stop.signal, onConnection: (isConnected: boolean) => void heard.push(isConnected) };
  const events = client.subscribe(SecurityEvents, {}, options);
  const waiting = events.next();
  await until(() => heard.at(-1) === true);

  await server.stop();
  await until(() => heard.at(-1) === false);
  await server.start();
  await until(() => heard.at(-1) === true);

  assert.deepEqual(heard.slice(0, 3), [false, true, false]);
  stop.abort();
  await waiting;
});

test('a loop that ends while it waits ends the subscription', async () => {
  const client = await registered({ ...server, webSocket: WebSocket });
  const events = client.subscribe(SecurityEvents, {});
  const waiting = events.next();
  await sleep(300);

  await events.return?.();

  assert.deepEqual(await waiting, { done: true, value: undefined });
});

test('a subscription that is ended before it has begun, or while the server is away, ends', async () => {
  const client = await registered({ ...server, webSocket: WebSocket });
  const early = client.subscribe(SecurityEvents, {});
  const first = early.next();
  await early.return?.();
  assert.deepEqual(await first, { done: true, value: undefined });

  await server.stop();
  const away = client.subscribe(SecurityEvents, {});
  const waiting = away.next();
  await sleep(1_000);
  await away.return?.();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  await server.start();
});

test('what the server refuses, and an anonymous subscription, throw', async () => {
  const client = await registered({ ...server, webSocket: WebSocket });
  await assert.rejects(client.subscribe(SecurityEvents, { after: 'event_unknown' }).next(), { code: 'VALIDATION_FAILED' });
  const anonymous = createAuthClient({ ...server, webSocket: WebSocket });
  await assert.rejects(anonymous.subscribe(SecurityEvents, {}).next(), { code: 'UNAUTHENTICATED' });
});
