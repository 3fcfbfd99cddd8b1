// The user's own sessions.
import { useEffect, useState } from 'react';
import { session } from '../current.ts';
import { Fault, useAction } from './action.tsx';

const SESSIONS = `{ me { sessions(first: 50, status: ACTIVE) {
  nodes { id current ipAddress createdAt lastSeenAt device { name browser os } }
  pageInfo { hasNextPage }
} } }`;
const REVOKE = 'mutation Revoke($input: RevokeSessionInput!) { revokeSession(input: $input) { session { id } } }';
const REVOKE_OTHERS = 'mutation { revokeOtherSessions { endedSessionCount } }';

interface Row {
  id: string;
  current: boolean;
  ipAddress: string | null;
  createdAt: string;
  lastSeenAt: string;
  device: { name: string | null; browser: string | null; os: string | null };
}

interface Page {
  me: { sessions: { nodes: Row[]; pageInfo: { hasNextPage: boolean } } };
}

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const Sessions = () => {
  const action = useAction();
  const [page, setPage] = useState<Page['me']['sessions']>();
  const read = async () => setPage((await session.execute<Page>(SESSIONS)).me.sessions);
  useEffect(() => void action.run(read), []);

  const end = (id: string) =>
    action.run(async () => {
      await session.execute(REVOKE, { input: { sessionId: id } });
      await read();
    });
  const endOthers = () =>
    action.run(async () => {
      await session.execute(REVOKE_OTHERS);
      await read();
    });
  const hasOthers = page?.nodes.some(({ current }) => !current);
  return (
    <>
      <Fault>{action.fault}</Fault>
      {!page && !action.fault && <p>One moment …</p>}
      <ul className="ag-list">
        {page?.nodes.map((row) => (
          <li key={row.id}>
            <Description row={row} />
            {!row.current && (
              <button
                type="button"
                className="graphiql-button"
                disabled={action.isRunning}
                aria-label={`End the session ${row.device.name ?? row.id}`}
                onClick={() => void end(row.id)}
              >
                End
              </button>
            )}
          </li>
        ))}
      </ul>
      {page?.pageInfo.hasNextPage && <p>There are more. The operation MySessions lists them all.</p>}
      <div className="ag-buttons">
        <button type="button" className="graphiql-button" disabled={action.isRunning} onClick={() => void action.run(read)}>
          Read again
        </button>
        {hasOthers && (
          <button type="button" className="graphiql-button" disabled={action.isRunning} onClick={() => void endOthers()}>
            End all others
          </button>
        )}
      </div>
    </>
  );
};

const Description = ({ row }: { row: Row }) => {
  const { name, browser, os } = row.device;
  const software = [browser, os].filter(Boolean).join(' on ');
  return (
    <div>
      <strong>{name ?? (software || 'Unknown device')}</strong> {row.current && <span className="ag-badge">this one</span>}
      <small>
        {name && software ? `${software} · ` : ''}
        {row.ipAddress} · last used {when.format(new Date(row.lastSeenAt))}
      </small>
    </div>
  );
};
