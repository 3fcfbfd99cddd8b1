import type { AuthClient } from '../../client/index.ts';
import { OwnSessions, RevokeSession, SecurityEvents } from '../generated.ts';

/** Events after which the list is another one. */
const CHANGES = [
  'LOGIN', 'LOGOUT', 'REFRESH_TOKEN_REUSED',
  'SESSION_REVOKED', 'SESSIONS_REVOKED', 'PASSWORD_RESET',
];

/**
 * Yields the list, and again after each change. Throws when
 * this session ends: then the listeners of `auth.onSession`
 * have heard of it.
 */
export async function* followSessions(
  auth: AuthClient,
  onEvent: (event: object) => void,
) {
  const { me } = await auth.request(OwnSessions, {});
  yield me.sessions.nodes;
  // From the newest event on, so that none is lost.
  const after = me.auditEvents.nodes[0]?.id ?? null;
  const events = auth.subscribe(SecurityEvents, { after });
  for await (const { securityEvents: event } of events) {
    onEvent(event);
    if (!CHANGES.includes(event.action)) continue;
    const { me } = await auth.request(OwnSessions, {});
    yield me.sessions.nodes;
  }
}

export const endSession = (auth: AuthClient, sessionId: string) =>
  auth.request(RevokeSession, { input: { sessionId } });
