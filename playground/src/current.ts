// The one session of this page. Plugins of GraphiQL are components without properties, so they find it here.
import { ENDPOINT } from './page.ts';
import { openSession, type SessionState } from './session/session.ts';
import { useStore } from './store.ts';

export const session = openSession(ENDPOINT);

export const useSession = (): SessionState => useStore(session);
