import type { AuthClient } from '../../client/index.ts';
import { OwnSessions, RevokeSession, SecurityEvents, type SecurityEventsSubscription } from '../generated.ts';

export type SecurityEvent = SecurityEventsSubscription['securityEvents'];

/** Events after which the list is another one. */
const CHANGES = [
  'LOGIN', 'LOGOUT', 'SESSION_REVOKED', 'SESSIONS_REVOKED',
  'REFRESH_TOKEN_REUSED', 'PASSWORD_RESET',
];

/**
 * Yields the list, and again after each change. Throws an
 * `AuthError` when this session ends: the listeners of
 * `auth.onSession` have heard of it then.
 */
export async function* followSessions(
  auth: AuthClient,
  onEvent: (event: SecurityEvent) => void,
) {
  const { me } = await auth.request(OwnSessions, {});
  yield me.sessions.nodes;
  // From the newest event on: nothing is lost in between.
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
