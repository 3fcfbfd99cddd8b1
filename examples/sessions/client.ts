// An urql client whose cache keeps the list of sessions up to date.
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { cacheExchange, type Cache } from '@urql/exchange-graphcache';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { RevokeOtherSessionsMutation, RevokeSessionMutation, SecurityEventsSubscription, SessionRowFragment } from '../generated/graphql.js';
import { Sessions } from './operations.js';

/** Changes the rows of the list in the cache. */
const changeRows = (cache: Cache, change: (rows: readonly SessionRowFragment[]) => readonly SessionRowFragment[]) =>
  cache.updateQuery({ query: Sessions }, (data) => {
    if (!data) return data;
    const { sessions } = data.me;
    const nodes = change(sessions.nodes);
    const totalCount = sessions.totalCount + nodes.length - sessions.nodes.length;
    return { ...data, me: { ...data.me, sessions: { ...sessions, totalCount, nodes } } };
  });

const removeRows = (cache: Cache, ids: readonly string[]) =>
  changeRows(cache, (rows) => rows.filter(({ id }) => !ids.includes(id)));

/** What a security event changes in the list. */
const applyEvent = (cache: Cache, event: SecurityEventsSubscription['securityEvents']) => {
  const { action, outcome, session, endedSessionIds, endedSessionCount } = event;
  if (outcome !== 'SUCCESS') return;
  if (session && session.status !== 'ACTIVE') removeRows(cache, [session.id]);
  switch (action) {
    case 'LOGIN':
      // Events may repeat, so the row may be there already.
      if (session?.status === 'ACTIVE') changeRows(cache, (rows) => (rows.some(({ id }) => id === session.id) ? rows : [session, ...rows]));
      break;
    // `session` is null if an administrator did it.
    case 'SESSION_REVOKED':
    case 'SESSIONS_REVOKED':
    case 'PASSWORD_CHANGED':
      if (endedSessionIds.length === endedSessionCount) removeRows(cache, endedSessionIds);
      // Not all are named: read the list again.
      else cache.invalidate('Query', 'me');
      break;
    default:
  }
};

/** What the client did over the network, for tests. */
export interface Traffic {
  requests: number;
}

export const openClient = (url: string, accessToken: () => Promise<string>, traffic: Traffic = { requests: 0 }) => {
  let lastEvent: string | undefined;
  const socket = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    // Browsers, and Node from version 22, have their own.
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ authorization: `Bearer ${await accessToken()}` }),
    // The server closes the socket when the access token expires. Each attempt opens a new one with a new token.
    retryAttempts: 10,
  });

  const cache = cacheExchange({
    // Objects without an id are parts of the object around them.
    keys: { Device: () => null },
    updates: {
      Mutation: {
        revokeSession: ({ revokeSession }: RevokeSessionMutation, _, cache) => removeRows(cache, [revokeSession.session.id]),
        revokeOtherSessions: ({ revokeOtherSessions }: RevokeOtherSessionsMutation, _, cache) =>
          removeRows(cache, revokeOtherSessions.endedSessionIds),
      },
      Subscription: {
        securityEvents: ({ securityEvents }: SecurityEventsSubscription, _, cache) => {
          lastEvent = securityEvents.id;
          applyEvent(cache, securityEvents);
        },
      },
    },
  });

  const client = new Client({
    url: `${url}/graphql`,
    preferGetMethod: false,
    fetch: async (address, options) => {
      traffic.requests += 1;
      const headers = new Headers(options?.headers);
      headers.set('authorization', `Bearer ${await accessToken()}`);
      return fetch(address, { ...options, headers });
    },
    exchanges: [
      cache,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => {
            // Read whenever the socket opens: after a pause, the events that were missed come first.
            const payload = {
              query,
              get variables() {
                return lastEvent === undefined ? variables : { ...variables, after: lastEvent };
              },
            };
            return { unsubscribe: socket.subscribe(payload, sink) };
          },
        }),
      }),
    ],
  });
  return { client, close: () => socket.dispose() };
};
