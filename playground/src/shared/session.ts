// The one session of the playground, the console and the account page: who is signed in, and an access token that has not expired.
import { createAuthClient, type AuthError, type LoginResult, type Session } from '../client/index.ts';
import { messageOf } from './messages.ts';
import { finishOAuth } from './oauth.ts';
import { BASE, PAGE } from './page.ts';
import { createStore, useStore } from './store.ts';
import { tabStorage } from './tab-storage.ts';

export type SessionState =
  | { phase: 'starting' }
  | {
      phase: 'signedOut';
      /** Why the session ended, or why a sign-in with a provider failed. */
      notice?: string | undefined;
      /** What a sign-in with a provider has led to. */
      step?: LoginResult | undefined;
    }
  | {
      phase: 'signedIn';
      session: Session;
      /** When the access token expires, in milliseconds since 1970. */
      expiresAt: number;
      /** Why the last attempt to renew the access token failed. */
      renewal?: string | undefined;
      /** What came of linking or confirming with a provider. */
      notice?: string | undefined;
    };

const TITLES: Readonly<Record<string, string>> = { playground: 'Playground', console: 'Console', account: 'Account page' };
const RETRY_MS = 3_000;

export const auth = createAuthClient({
  url: `${location.origin}${BASE}`,
  storage: tabStorage('desk'),
  deviceName: TITLES[PAGE] ?? 'Browser',
  // The cookie belongs to frontends: it must neither answer for this page nor be replaced by it. With this type, a refused operation
  // has the status 200, and browsers write no error into the console.
  fetch: (url, init) => fetch(url, { ...init, credentials: 'omit', headers: { ...init.headers, accept: 'application/json' } }),
});

const states = createStore<SessionState>({ phase: 'starting' });
let timer: ReturnType<typeof setTimeout> | undefined;
let notice: string | undefined;
/** Whether the page may show an account: not before it has finished what a provider sent the browser back with, such as a new link. */
let isReady = false;

/** Shows who is signed in, and renews the access token before it expires: here, or in another tab of the session. */
const follow = async (): Promise<void> => {
  clearTimeout(timer);
  const { session } = auth;
  if (!session || !isReady) return;
  const before = states.get();
  try {
    const token = await auth.accessToken();
    // Meanwhile the session has ended, or another has begun.
    if (!token || auth.session?.id !== session.id) return;
    states.set({ phase: 'signedIn', session: auth.session, expiresAt: Date.now() + token.expiresIn * 1000, notice });
    timer = setTimeout(() => void follow(), Math.max(token.renewsIn * 1000, 200));
  } catch (error) {
    if (auth.session?.id !== session.id) return;
    timer = setTimeout(() => void follow(), RETRY_MS);
    if (before.phase === 'signedIn') states.set({ ...before, renewal: messageOf(error) });
  }
};

auth.onSession((session: Session | null, cause: AuthError | null) => {
  if (session) return void follow();
  clearTimeout(timer);
  notice = undefined;
  states.set({ phase: 'signedOut', notice: cause ? messageOf(cause) : undefined });
});

const start = async (): Promise<void> => {
  try {
    await auth.restore();
    const finished = await finishOAuth(auth);
    notice = finished.notice;
    isReady = true;
    if (auth.session) await follow();
    else states.set({ phase: 'signedOut', ...finished });
  } catch (error) {
    isReady = true;
    states.set({ phase: 'signedOut', notice: messageOf(error) });
  }
};

// A timer of a sleeping machine or a hidden tab comes late.
document.addEventListener('visibilitychange', () => void follow());
void start();

export const session = {
  get: states.get,
  subscribe: states.subscribe,
  /** Tries again after the server could not be reached at the start. */
  start,
  /** Reads the token anew after the server has refused it: was the session ended elsewhere? */
  check: (): void => void auth.me().catch(() => undefined),
};

export const useSession = (): SessionState => useStore(session);

/** Runs with the token of who is signed in. */
export const bearer = async (): Promise<Record<string, string>> => {
  const token = await auth.accessToken();
  return token ? { authorization: `Bearer ${token.value}` } : {};
};
