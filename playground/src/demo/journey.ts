// How far the person has come. What is no secret outlives a reload; the rest is in memory alone.
import { HOME, OAUTH_CALLBACK } from '../shared/page.ts';
import { createStore, useStore } from '../shared/store.ts';

export const STEPS = [
  { name: 'register', title: 'Register' },
  { name: 'email', title: 'The email' },
  { name: 'verify', title: 'Verify the address' },
  { name: 'sign-in', title: 'Sign in' },
  { name: 'second-factor', title: 'A second factor' },
  { name: 'sessions', title: 'Two devices' },
  { name: 'refresh', title: 'Refresh' },
  { name: 'reuse', title: 'A stolen token' },
  { name: 'reset', title: 'A new password' },
  { name: 'provider', title: 'A provider' },
  { name: 'done', title: 'What to read next' },
] as const;

export type StepName = (typeof STEPS)[number]['name'];

interface Progress {
  readonly email: string | null;
  readonly done: readonly StepName[];
}

interface Journey extends Progress {
  readonly step: StepName;
  /** Steps whose forms are kept. */
  readonly visited: readonly StepName[];
}

/** Gone after a reload. */
interface Secrets {
  readonly password: string;
  /** Of the authenticator app in this page. */
  readonly totpSecret: string | null;
  /** Number of the last half minute whose code was used: none works twice. */
  readonly usedCounter: number;
  /** Text of the newest email. */
  readonly mail: string | null;
}

const KEY = 'authgraph:demo';

const stepAt = (path: string): StepName => {
  if (path === OAUTH_CALLBACK) return 'provider';
  return STEPS.find(({ name }) => path === `${HOME}/${name}`)?.name ?? 'register';
};

const readProgress = (): Progress => {
  const nothing = { email: null, done: [] };
  try {
    return { ...nothing, ...(JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Partial<Progress>) };
  } catch {
    return nothing;
  }
};

const first = stepAt(location.pathname);
export const journey = createStore<Journey>({ ...readProgress(), step: first, visited: [first] });
export const useJourney = (): Journey => useStore(journey);

/** A password that follows the rules of the server. */
export const inventPassword = (): string => `Demo-${crypto.randomUUID().slice(0, 8)}-Aa1`;

export const secrets = createStore<Secrets>({ password: '', totpSecret: null, usedCounter: 0, mail: null });
export const useSecrets = (): Secrets => useStore(secrets);
export const keepSecret = (more: Partial<Secrets>): void => secrets.set({ ...secrets.get(), ...more });

const change = (more: Partial<Journey>): void => {
  const next = { ...journey.get(), ...more };
  const { email, done } = next;
  sessionStorage.setItem(KEY, JSON.stringify({ email, done } satisfies Progress));
  journey.set(next);
};

const show = (step: StepName): void => {
  const { visited } = journey.get();
  change({ step, visited: visited.includes(step) ? visited : [...visited, step] });
};

export const goTo = (step: StepName): void => {
  if (journey.get().step === step) return;
  history.pushState(null, '', `${HOME}/${step}`);
  show(step);
};

export const finish = (step: StepName): void => {
  const { done } = journey.get();
  if (!done.includes(step)) change({ done: [...done, step] });
};

export const beginWith = (email: string): void => change({ email });

export const forget = (): void => sessionStorage.removeItem(KEY);

addEventListener('popstate', () => show(stepAt(location.pathname)));
