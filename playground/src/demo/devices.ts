// Two devices of one user in one page: a client each, which know nothing of each other.
import { createAuthClient, memoryStorage, type AuthClient, type AuthError, type Session, type TokenStorage } from '../client/index.ts';
import { BASE } from '../shared/page.ts';
import { createStore, useStore, type Store } from '../shared/store.ts';
import { followSessions } from './calls/sessions.ts';
import { recordingFetch, recordSubscription } from './exchanges.ts';
import { SecurityEvents, type OwnSessionsQuery } from './generated.ts';

export type SessionRow = OwnSessionsQuery['me']['sessions']['nodes'][number];

interface DeviceState {
  readonly session: Session | null;
  /** Why the session ended. Null after signing out. */
  readonly cause: AuthError | null;
  /** All sessions of the user, while the device follows them. */
  readonly rows: readonly SessionRow[];
  /** When the window of the present refresh token is over, in milliseconds since 1970. */
  readonly settledAt: number;
}

/** `REFRESH_RACE_WINDOW`, by default: until then the same device gets the same tokens once more, and they are not replaced. */
const RACE_WINDOW_MS = 10_000;

export interface Device {
  readonly name: string;
  readonly auth: AuthClient;
  readonly storage: TokenStorage;
  readonly state: Store<DeviceState>;
  /** Keeps the list of sessions up to date, now and after every sign-in. */
  readonly follow: () => void;
}

export const optionsOf = (name: string) => ({ url: `${location.origin}${BASE}`, deviceName: name, fetch: recordingFetch(name) });

const createDevice = (name: string): Device => {
  const kept = memoryStorage();
  const storage: TokenStorage = {
    ...kept,
    save: async (tokens) => {
      const before = await kept.load();
      await kept.save(tokens);
      if (tokens?.refreshToken !== before?.refreshToken) state.set({ ...state.get(), settledAt: Date.now() + RACE_WINDOW_MS });
    },
  };
  const auth = createAuthClient({ ...optionsOf(name), storage });
  const state = createStore<DeviceState>({ session: null, cause: null, rows: [], settledAt: 0 });
  let isFollowing = false;
  let followed: string | undefined;

  const run = async (session: Session | null) => {
    if (!session || !isFollowing || followed === session.id) return;
    followed = session.id;
    const record = recordSubscription(name, SecurityEvents.toString());
    try {
      for await (const rows of followSessions(auth, record)) state.set({ ...state.get(), rows });
    } catch {
      // The session has ended: its listener below has heard why.
    } finally {
      if (followed === session.id) followed = undefined;
    }
  };
  auth.onSession((session, cause) => {
    state.set({ ...state.get(), session, cause, rows: [] });
    void run(session);
  });
  const follow = () => {
    isFollowing = true;
    void run(auth.session);
  };
  return { name, auth, storage, state, follow };
};

export const laptop = createDevice('Laptop');
export const phone = createDevice('Phone');
/** Signs in with a provider only. */
export const visitor = createDevice('Visitor');

export const useDevice = (device: Device): DeviceState => useStore(device.state);
