// The user's own sessions.
import { useEffect, useState } from 'react';
import { auth } from '../session.ts';
import { Fault, useAction } from './action.tsx';
import { EndOtherSessions, EndSession, OwnSessions, type OwnSessionsQuery } from './generated.ts';
import { when } from './when.ts';

type Page = OwnSessionsQuery['me']['sessions'];
type Row = Page['nodes'][number];

export const Sessions = () => {
  const action = useAction();
  const [page, setPage] = useState<Page>();
  const read = async () => setPage((await auth.request(OwnSessions, {})).me.sessions);
  useEffect(() => void action.run(read), []);

  const end = (id: string) =>
    action.run(async () => {
      await auth.request(EndSession, { input: { sessionId: id } });
      await read();
    });
  const endOthers = () =>
    action.run(async () => {
      await auth.request(EndOtherSessions, {});
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
                className="ag-button"
                disabled={action.isRunning}
                aria-label={`End the session ${row.device.name ?? row.device.browser ?? ''} of ${when(row.createdAt)}`}
                onClick={() => void end(row.id)}
              >
                End
              </button>
            )}
          </li>
        ))}
      </ul>
      {page?.pageInfo.hasNextPage && <p>There are more than these 50.</p>}
      <div className="ag-buttons">
        <button type="button" className="ag-button" disabled={action.isRunning} onClick={() => void action.run(read)}>
          Read again
        </button>
        {hasOthers && (
          <button type="button" className="ag-button" disabled={action.isRunning} onClick={() => void endOthers()}>
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
        {row.ipAddress} · last used {when(row.lastSeenAt)}
      </small>
    </div>
  );
};
