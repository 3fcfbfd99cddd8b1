// What the clients of this page send, and what they get. They are given this `fetch`.
import type { Fetch } from '../client/index.ts';
import { createStore, useStore } from '../shared/store.ts';
import { journey, type StepName } from './journey.ts';

export interface Exchange {
  readonly id: number;
  readonly step: StepName;
  /** Which client. */
  readonly from: string;
  /** `mutation Login` */
  readonly title: string;
  readonly query: string;
  readonly variables: unknown;
  /** Undefined until it has come. */
  readonly answer?: unknown;
  /** Events of a subscription. */
  readonly events?: readonly unknown[];
  /** The answer did not arrive: this page threw it away, or there was none. */
  readonly isLost?: boolean;
}

const exchanges = createStore<readonly Exchange[]>([]);
let count = 0;
let losing: string | null = null;

export const useExchanges = (step: StepName): readonly Exchange[] => useStore(exchanges).filter((one) => one.step === step);

const titleOf = (query: string): string => /^(query|mutation|subscription)\s+\w+/.exec(query)?.[0] ?? 'query';

const begin = (from: string, query: string, variables: unknown) => {
  const id = ++count;
  exchanges.set([...exchanges.get(), { id, step: journey.get().step, from, title: titleOf(query), query, variables }]);
  return (more: Partial<Exchange>) => exchanges.set(exchanges.get().map((one) => (one.id === id ? { ...one, ...more } : one)));
};

/** The next answer to this client is lost, as on a train in a tunnel. */
export const loseNextAnswer = (from: string): void => void (losing = from);

export const recordingFetch =
  (from: string): Fetch =>
  async (url, init) => {
    const { query, variables } = JSON.parse(init.body) as { query: string; variables: unknown };
    const update = begin(from, query, variables);
    try {
      // The cookie belongs to frontends: this page has no use for it. With this type, a refused operation has the status 200.
      const response = await fetch(url, { ...init, credentials: 'omit', headers: { ...init.headers, accept: 'application/json' } });
      const answer: unknown = await response.json();
      const isLost = losing === from;
      update({ answer, isLost });
      if (!isLost) return { status: response.status, json: async () => answer };
    } catch (error) {
      update({ isLost: true });
      throw error;
    }
    losing = null;
    throw new TypeError('The answer was lost.');
  };

/** For a subscription, whose events come over a socket. */
export const recordSubscription = (from: string, query: string) => {
  const update = begin(from, query, {});
  const events: unknown[] = [];
  return (event: unknown) => {
    events.push(event);
    update({ events: [...events] });
  };
};
