// The one session of the playground, the console and the account page: who is signed in, and an access token that has not expired.
import { AuthError, createAuthClient, type LoginResult, type Session } from '../client/index.ts';
import { messageOf } from './messages.ts';
import { finishOAuth } from './oauth.ts';
import { BASE, PAGE } from './page.ts';
import { WatchedSocket } from './socket.ts';
import { createStore, useStore } from './store.ts';
import { tabStorage } from './tab-storage.ts';

export type SessionState =
  | {
      phase: 'starting';
      /** Why nobody knows yet who is signed in: the server cannot be reached. It is asked again. */
      fault?: string | undefined;
    }
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
  webSocket: WatchedSocket,
  // The cookie belongs to frontends: it must neither answer for this page nor be replaced by it. With this type, a refused operation
  // has the status 200, and browsers write no error into the console.
  fetch: (url, init) => fetch(url, { ...init, credentials: 'omit', headers: { ...init.headers, accept: 'application/json' } }),
});

const states = createStore<SessionState>({ phase: 'starting' });
let timer: ReturnType<typeof setTimeout> | undefined;
/** Counts what is shown: an answer that comes after another began is late. */
let turn = 0;
let notice: string | undefined;
/** Whether the page may show an account: not before it has finished what a provider sent the browser back with, such as a new link. */
let isReady = false;

const later = (action: () => Promise<void>, milliseconds: number): void => {
  clearTimeout(timer);
  timer = setTimeout(() => void action(), milliseconds);
};

const showSignedOut = (more: { notice?: string | undefined; step?: LoginResult | undefined }): void => {
  turn += 1;
  clearTimeout(timer);
  notice = undefined;
  states.set({ phase: 'signedOut', ...more });
};

/** Shows who is signed in, and renews the access token before it expires: here, or in another tab of the session. */
const follow = async (): Promise<void> => {
  if (!auth.session || !isReady) return;
  turn += 1;
  const own = turn;
  try {
    const token = await auth.accessToken();
    const { session } = auth;
    if (own !== turn || !token || !session) return;
    states.set({ phase: 'signedIn', session, expiresAt: Date.now() + token.expiresIn * 1000, notice });
    // A token that should have been renewed could not be.
    later(follow, token.renewsIn > 0 ? token.renewsIn * 1000 : RETRY_MS);
  } catch (error) {
    const shown = states.get();
    if (own !== turn) return;
    if (shown.phase === 'signedIn') states.set({ ...shown, renewal: messageOf(error) });
    later(follow, RETRY_MS);
  }
};

auth.onSession((session: Session | null, cause: AuthError | null) => {
  if (session) void follow();
  else showSignedOut({ notice: cause ? messageOf(cause) : undefined });
});

const begin = async (): Promise<void> => {
  try {
    await auth.restore();
  } catch (error) {
    if (!(error instanceof AuthError && error.isTransient)) {
      isReady = true;
      return showSignedOut({ notice: messageOf(error) });
    }
    // The session may well be there: only nobody has said so.
    states.set({ phase: 'starting', fault: messageOf(error) });
    return later(start, RETRY_MS);
  }
  const finished = await finishOAuth(auth);
  notice = finished.notice;
  isReady = true;
  if (auth.session) await follow();
  else showSignedOut(finished);
};

let beginning: Promise<void> | undefined;

const start = (): Promise<void> => {
  clearTimeout(timer);
  beginning ??= begin().finally(() => (beginning = undefined));
  return beginning;
};

// A timer of a sleeping machine or a hidden tab comes late, and a network may be back before its time.
const wake = (): void => void (states.get().phase === 'starting' ? start() : follow());
document.addEventListener('visibilitychange', wake);
window.addEventListener('online', wake);
void start();

export const session = {
  get: states.get,
  subscribe: states.subscribe,
  /** Tries again now, after the server could not be reached at the start. */
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
