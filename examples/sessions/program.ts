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

/** Returns every state of the list in order, and how many requests the client sent after it first read the list. */
export const run = async (url: string): Promise<{ states: readonly string[]; requests: number }> => {
  const ann = newcomer('ann');
  const laptop = await register(url, ann, 'Laptop');
  const phone = await logIn(url, ann, 'Phone');
  const tablet = await logIn(url, ann, 'Tablet');

  const traffic: Traffic = { requests: 0 };
  const { client, close } = openClient(url, keepTokens(url, laptop), traffic);
  const states: string[] = [];
  const shows = (expected: string) => until(`the list shows "${expected}", not "${states.at(-1)}"`, () => states.at(-1) === expected);
  const failures: Error[] = [];
  const list = client.query(Sessions, {}).subscribe(({ data, error }) => {
    if (error) failures.push(error);
    else if (data && states.at(-1) !== show(data)) states.push(show(data));
  });
  let heard = 0;
  const events = client.subscription(SecurityEvents, {}).subscribe(({ error }) => {
    if (error) failures.push(error);
    else heard += 1;
  });

  try {
    await shows('3: Laptop, Tablet, Phone');
    const first = traffic.requests;

    // Another device logs out: the event says so.
    await execute({ url, accessToken: async () => tablet.accessToken }, Logout, {});
    await shows('2: Laptop, Phone');

    // Another device logs in: the event brings its row.
    await logIn(url, ann, 'Watch');
    await shows('3: Laptop, Watch, Phone');

    // The user ends one session, and then all others: the results of the mutations say which.
    await client.mutation(RevokeSession, { input: { sessionId: phone.session.id } });
    await shows('2: Laptop, Watch');
    await client.mutation(RevokeOtherSessions, {});
    await shows('1: Laptop');
    await until('the events arrive', () => heard > 0);
    if (failures[0]) throw failures[0];
    return { states, requests: traffic.requests - first };
  } finally {
    list.unsubscribe();
    events.unsubscribe();
    await close();
  }
};
