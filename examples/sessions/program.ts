// A list of sessions on a laptop, while other devices log in and out.
import { graphql } from '../generated/gql.js';
import type { SessionsQuery } from '../generated/graphql.js';
import { execute } from '../shared/execute.js';
import { keepTokens } from '../shared/tokens.js';
import { logIn, register } from '../testing/accounts.js';
import { newcomer, until } from '../testing/server.js';
import { openClient, type Traffic } from './client.js';
import { RevokeOtherSessions, RevokeSession, SecurityEvents, Sessions } from './operations.js';

const Logout = graphql(`
  mutation Logout {
    logout {
      sessionId
    }
  }
`);

/** What the user sees: this device first, then the others. */
const show = ({ session, me }: SessionsQuery): string => {
  const others = me.sessions.nodes.filter(({ id }) => id !== session.id);
  return `${me.sessions.totalCount}: ${[session, ...others].map(({ device }) => device.name ?? 'unnamed').join(', ')}`;
};

/** A tab of the browser with the list, and every state of it in order. */
export const openTab = async (url: string, accessToken: () => Promise<string>, withEvents = true) => {
  const traffic: Traffic = { requests: 0 };
  const { client, close } = openClient(url, accessToken, traffic);
  const states: string[] = [];
  const errors: Error[] = [];
  let after: string | undefined;

  const list = client.query(Sessions, {}).subscribe(({ data, error }) => {
    if (error) errors.push(error);
    if (!data) return;
    after ??= data.me.auditEvents.nodes[0]?.id;
    const state = show(data);
    if (states.at(-1) !== state) states.push(state);
  });
  await until(() => `the list is read: ${errors}`, () => states.length > 0);
  const first = traffic.requests;
  const events = withEvents
    ? client.subscription(SecurityEvents, { after }).subscribe(({ error }) => {
        if (error) errors.push(error);
      })
    : undefined;

  return {
    client,
    states,
    shows: (expected: string) => until(() => `the list shows "${expected}", not "${states.at(-1)}"`, () => states.at(-1) === expected),
    /** How many requests it sent after it had read the list. */
    requests: () => traffic.requests - first,
    errors,
    close: async () => {
      list.unsubscribe();
      events?.unsubscribe();
      await close();
    },
  };
};

/** Two tabs of a laptop show the list; the user acts in the first. Returns what both showed and sent. */
export const run = async (url: string): Promise<{ states: readonly string[]; requests: number; errors: readonly Error[] }[]> => {
  const ann = newcomer('ann');
  const laptop = await register(url, ann, 'Laptop');
  const phone = await logIn(url, ann, 'Phone');
  const tablet = await logIn(url, ann, 'Tablet');
  const accessToken = keepTokens(url, laptop);
  const tabs = [await openTab(url, accessToken), await openTab(url, accessToken)] as const;
  const [{ client }] = tabs;
  const all = async (expected: string) => {
    for (const tab of tabs) await tab.shows(expected);
  };

  try {
    await all('3: Laptop, Tablet, Phone');
    // Another device logs out: the event says so.
    await execute({ url, accessToken: async () => tablet.accessToken }, Logout, {});
    await all('2: Laptop, Phone');
    // Another device logs in: the event brings its row.
    await logIn(url, ann, 'Watch');
    await all('3: Laptop, Watch, Phone');
    // The user ends one session, then all others. The results tell the first tab which ended, and the events the second.
    await client.mutation(RevokeSession, { input: { sessionId: phone.session.id } });
    await all('2: Laptop, Watch');
    await client.mutation(RevokeOtherSessions, {});
    await all('1: Laptop');
    return tabs.map(({ states, requests, errors }) => ({ states, requests: requests(), errors }));
  } finally {
    for (const tab of tabs) await tab.close();
  }
};
