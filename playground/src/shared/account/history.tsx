// What happened to the account.
import { useEffect, useState } from 'react';
import { auth } from '../session.ts';
import { Fault, useAction } from './action.tsx';
import { OwnEvents, type AuditAction, type OwnEventsQuery } from './generated.ts';
import { when } from './when.ts';

type Row = OwnEventsQuery['me']['auditEvents']['nodes'][number];

/** What a user wants to know, in their words. A refresh of a token is not among it. */
const SENTENCES: Partial<Record<AuditAction, string>> = {
  USER_REGISTERED: 'Account created',
  EMAIL_VERIFIED: 'Email address verified',
  LOGIN: 'Signed in',
  LOGOUT: 'Signed out',
  ACCOUNT_LOCKED: 'Locked after wrong passwords',
  USER_LOCKED: 'Locked by an administrator',
  USER_UNLOCKED: 'Unlocked by an administrator',
  REFRESH_TOKEN_REUSED: 'Session ended: its token was used twice',
  REAUTHENTICATED: 'Identity confirmed',
  SESSION_REVOKED: 'Session ended',
  SESSIONS_REVOKED: 'Sessions ended',
  SESSION_DISOWNED: 'Sign-in reported as not yours',
  PASSWORD_RESET_REQUESTED: 'New password requested',
  PASSWORD_RESET: 'Password reset',
  PASSWORD_CHANGED: 'Password changed',
  EMAIL_CHANGE_REQUESTED: 'New email address requested',
  EMAIL_CHANGED: 'Email address changed',
  EMAIL_CHANGE_UNDONE: 'Change of the email address undone',
  PROFILE_UPDATED: 'Name or language changed',
  MFA_ENABLED: 'Second factor turned on',
  MFA_DISABLED: 'Second factor turned off',
  MFA_RESET: 'Second factor turned off by an administrator',
  BACKUP_CODE_USED: 'Backup code used',
  BACKUP_CODES_REGENERATED: 'New backup codes',
  OAUTH_ACCOUNT_LINKED: 'Provider linked',
  OAUTH_ACCOUNT_UNLINKED: 'Provider unlinked',
  ROLE_CHANGED: 'Role changed',
};

export const SecurityHistory = () => {
  const action = useAction();
  const [rows, setRows] = useState<readonly Row[]>();
  const [next, setNext] = useState<string | null>(null);
  const read = async () => {
    const actions = Object.keys(SENTENCES) as AuditAction[];
    const { nodes, pageInfo } = (await auth.request(OwnEvents, { actions, after: next })).me.auditEvents;
    setRows([...(rows ?? []), ...nodes]);
    setNext(pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null);
  };
  useEffect(() => void action.run(read), []);
  return (
    <>
      <Fault>{action.fault}</Fault>
      {!rows && !action.fault && <p>One moment …</p>}
      {rows?.length === 0 && <p>Nothing yet.</p>}
      {rows && rows.length > 0 && (
        <table className="ag-table">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, at, action: done, outcome, ipAddress }) => (
              <tr key={id}>
                <td>{when(at)}</td>
                <td>
                  {SENTENCES[done] ?? done} {outcome === 'FAILURE' && <span className="ag-badge">refused</span>}
                  {ipAddress !== null && <small>from {ipAddress}</small>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {next !== null && (
        <button type="button" className="ag-button" disabled={action.isRunning} onClick={() => void action.run(read)}>
          Show more
        </button>
      )}
    </>
  );
};
