// The session of this page: who is signed in, and an access token that has not expired.
import { dataOf, post, Refused, messageOf } from './send.ts';
import { createStore, type Store } from '../store.ts';
import { joinTabs } from './tabs.ts';
import { renewAt, restore, store, TOKENS, tokensOf, type Account, type SignedIn, type Tokens } from './tokens.ts';

export type SessionState =
  | { phase: 'starting' }
  | { phase: 'signedOut'; notice?: string }
  | { phase: 'signedIn'; account: Account; sessionId: string; expiresAt: number; renewal?: string };

/** All that the rest of the page knows of signing in. */
export interface PlaygroundSession extends Pick<Store<SessionState>, 'get' | 'subscribe'> {
  /** An access token that has not expired. Undefined for a stranger. */
  accessToken: () => Promise<string | undefined>;
  /** Runs an operation as who is signed in; throws `Refused`. */
  execute: <Data>(query: string, variables?: Record<string, unknown>) => Promise<Data>;
  /** Takes over the tokens of an operation that signed in. */
  signIn: (signedIn: SignedIn) => void;
  signOut: () => Promise<void>;
  renew: () => Promise<void>;
  /** Reads the account again after it has changed. */
  reload: () => Promise<void>;
}

const REFRESH = `mutation Refresh($input: RefreshInput!) { refresh(input: $input) { __typename ...Tokens } } ${TOKENS}`;
const ME = `{ me { id email name role mfa { enabled backupCodesRemaining } } }`;
/** After these the user has to sign in again; after any other error the session is intact. */
const FINAL = ['UNAUTHENTICATED', 'SESSION_ENDED', 'REFRESH_TOKEN_REUSED'];
const RETRY_MS = 3_000;

const isFinal = (error: unknown) => error instanceof Refused && FINAL.includes(error.code);

export const openSession = (endpoint: string): PlaygroundSession => {
  const states = createStore<SessionState>({ phase: 'starting' });
  let tokens: Tokens | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;

  const schedule = (milliseconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void renew(), Math.max(milliseconds, 0));
  };

  const hold = (next: Tokens) => {
    tokens = next;
    store(next);
    if (next.accessToken) schedule(renewAt(next) - Date.now());
    tabs.show(next.accessToken ? next.sessionId : undefined);
    const state = states.get();
    if (state.phase === 'signedIn') states.set({ ...state, sessionId: next.sessionId, expiresAt: next.expiresAt, renewal: undefined });
  };

  const forget = (notice?: string) => {
    clearTimeout(timer);
    tokens = undefined;
    store(undefined);
    tabs.show(undefined);
    states.set(notice === undefined ? { phase: 'signedOut' } : { phase: 'signedOut', notice });
  };

  const tabs = joinTabs({
    name: `authgraph:${endpoint}`,
    own: () => (tokens?.accessToken ? tokens : undefined),
    onTokens: (theirs) => {
      // A tab without a session joins that of another; a tab with one listens only to its own session.
      const joins = !tokens && states.get().phase === 'starting';
      const isNewer = tokens?.sessionId === theirs.sessionId && (!tokens.accessToken || theirs.receivedAt > tokens.receivedAt);
      if (joins || isNewer) hold(theirs);
      return joins || isNewer;
    },
    onEnded: (sessionId) => {
      if (tokens?.sessionId === sessionId) forget('You signed out in another tab.');
    },
  });

  const send = async <Data>(query: string, variables?: Record<string, unknown>): Promise<Data> => {
    const headers: Record<string, string> = tokens?.accessToken ? { authorization: `Bearer ${tokens.accessToken}` } : {};
    return dataOf<Data>(await post(endpoint, { query, variables }, headers));
  };

  /** Refreshes, unless another tab of the session has done it meanwhile. */
  const refresh = async (old: Tokens) =>
    tabs.alone(old.sessionId, async () => {
      await tabs.ask(old.sessionId);
      if (tokens !== old) return;
      const input = { refreshToken: old.refreshToken, idempotencyKey: old.refreshKey };
      const answer = await post(endpoint, { query: REFRESH, variables: { input } }, {});
      const { refresh: signedIn } = dataOf<{ refresh: SignedIn }>(answer);
      // Signed out while the request was under way.
      if (tokens !== old) return;
      hold(tokensOf(signedIn));
      tabs.tellTokens(tokens);
    });

  const renewOnce = async () => {
    const old = tokens;
    if (!old) return;
    try {
      await refresh(old);
      if (states.get().phase === 'starting') void reload();
    } catch (error) {
      if (tokens !== old) return;
      if (isFinal(error)) return forget(messageOf(error));
      // The same tokens and the same key: if only the answer was lost, the server gives it again.
      schedule(error instanceof Refused && error.retryAfter ? error.retryAfter * 1000 : RETRY_MS);
      const state = states.get();
      if (state.phase === 'signedIn') states.set({ ...state, renewal: messageOf(error) });
    }
  };

  const renew = () => {
    running ??= renewOnce().finally(() => {
      running = undefined;
    });
    return running;
  };

  const accessToken = async () => {
    if (tokens && Date.now() >= renewAt(tokens)) await renew();
    return tokens?.accessToken || undefined;
  };

  const reload = async () => {
    try {
      await accessToken();
      if (!tokens) return states.get().phase === 'signedOut' ? undefined : forget();
      // The server could not be reached, and the timer of the renewal tries again.
      if (!tokens.accessToken) return;
      const { me } = await send<{ me: Account }>(ME);
      states.set({ phase: 'signedIn', account: me, sessionId: tokens.sessionId, expiresAt: tokens.expiresAt });
    } catch (error) {
      if (isFinal(error)) return forget(messageOf(error));
      if (states.get().phase === 'starting') schedule(RETRY_MS);
    }
  };

  const start = async () => {
    tokens = restore();
    await tabs.ask(tokens?.sessionId ?? null);
    await reload();
  };

  // A timer of a sleeping machine or a hidden tab comes late.
  document.addEventListener('visibilitychange', () => void accessToken());
  void start();

  return {
    get: states.get,
    subscribe: states.subscribe,
    accessToken,
    execute: async (query, variables) => {
      await accessToken();
      try {
        return await send(query, variables);
      } catch (error) {
        // Was the session ended elsewhere? The refresh tells.
        if (error instanceof Refused && error.code === 'UNAUTHENTICATED') void renew();
        throw error;
      }
    },
    signIn: (signedIn) => {
      hold(tokensOf(signedIn));
      if (tokens) states.set({ phase: 'signedIn', account: signedIn.user, sessionId: tokens.sessionId, expiresAt: tokens.expiresAt });
    },
    signOut: async () => {
      const { sessionId } = tokens ?? {};
      try {
        await accessToken();
        await send('mutation { logout { sessionId } }');
      } finally {
        forget();
        if (sessionId) tabs.tellEnded(sessionId);
      }
    },
    renew,
    reload,
  };
};
