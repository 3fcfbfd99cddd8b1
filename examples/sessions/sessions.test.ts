import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphql } from '../generated/gql.js';
import { execute } from '../shared/execute.js';
import { keepTokens } from '../shared/tokens.js';
import { logIn, register } from '../testing/accounts.js';
import { administrator, newcomer, serverUrl } from '../testing/server.js';
import { RevokeOtherSessions, RevokeSession } from './operations.js';
import { Logout, openTab, run } from './program.js';

test('the list follows logins, logouts and revocations without being read again', async () => {
  const [first, second] = await run(serverUrl());

  const states = [
    '3: Laptop, Tablet, Phone',
    '2: Laptop, Phone',
    '3: Laptop, Watch, Phone',
    '2: Laptop, Watch',
    '1: Laptop',
  ];
  // The two mutations are all that the first tab sent.
  assert.deepEqual(first, { states, requests: 2, errors: [] });
  assert.deepEqual(second, { states, requests: 0, errors: [] });
});

test('the results of mutations are enough for the list of a tab without events', async () => {
  const url = serverUrl();
  const ann = newcomer('ann');
  const laptop = await register(url, ann, 'Laptop');
  const phone = await logIn(url, ann, 'Phone');
  await logIn(url, ann, 'Tablet');
  const tab = await openTab(url, async () => laptop.accessToken, { withEvents: false });

  await tab.client.mutation(RevokeSession, { input: { sessionId: phone.session.id } });
  await tab.client.mutation(RevokeOtherSessions, {});
  await tab.close();

  assert.deepEqual(tab.states, ['3: Laptop, Tablet, Phone', '2: Laptop, Tablet', '1: Laptop']);
  assert.equal(tab.requests(), 2);
});

test('what happens between the list and the subscription is not lost', async () => {
  const url = serverUrl();
  const ann = newcomer('ann');
  const laptop = await register(url, ann, 'Laptop');
  const phone = await logIn(url, ann, 'Phone');
  const meanwhile = () => execute({ url, accessToken: async () => phone.accessToken }, Logout, {});

  const tab = await openTab(url, async () => laptop.accessToken, { meanwhile });

  try {
    await tab.shows('1: Laptop');
    assert.deepEqual(tab.states, ['2: Laptop, Phone', '1: Laptop']);
  } finally {
    await tab.close();
  }
});

const RevokeUserSession = graphql(`
  mutation RevokeUserSession($input: RevokeUserSessionInput!) {
    revokeUserSession(input: $input) {
      session {
        id
        status
      }
    }
  }
`);

test('a session that an administrator ends leaves the list', async () => {
  const url = serverUrl();
  const ann = newcomer('ann');
  const laptop = await register(url, ann, 'Laptop');
  const phone = await logIn(url, ann, 'Phone');
  const root = await logIn(url, administrator(), 'Console');
  const tab = await openTab(url, async () => laptop.accessToken);

  try {
    await execute({ url, accessToken: async () => root.accessToken }, RevokeUserSession, { input: { sessionId: phone.session.id } });
    await tab.shows('1: Laptop');
  } finally {
    await tab.close();
  }
});

const Refreshes = graphql(`
  query Refreshes {
    me {
      id
      auditEvents(first: 100, filter: { actions: [SESSION_REFRESHED] }) {
        nodes {
          id
        }
      }
    }
  }
`);

test('requests that need a new access token at the same time share one refresh', async () => {
  const url = serverUrl();
  const tokens = await register(url, newcomer('ann'), 'Laptop');
  let now = 0;
  const accessToken = keepTokens(url, tokens, () => now);

  const before = await accessToken();
  now = tokens.accessTokenExpiresIn * 1000;
  const after = await Promise.all(Array.from({ length: 20 }, () => accessToken()));

  assert.equal(before, tokens.accessToken);
  assert.equal(new Set(after).size, 1);
  assert.notEqual(after[0], before);
  const { me } = await execute({ url, accessToken }, Refreshes, {});
  assert.equal(me.auditEvents.nodes.length, 1);
});
