import type { GraphiQLPlugin } from '@graphiql/react';
import { useEffect } from 'react';
import { Fault } from '../../shared/account/action.tsx';
import { useSession } from '../../shared/session.ts';
import { useConnection } from '../../shared/socket.ts';
import { Filter } from './filter.tsx';
import { MOST, tail, useTail, type AuditRow } from './tail.ts';

const Icon = () => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
    <path d="M3 12h4l3-7 4 14 3-7h4" strokeLinecap="round" strokeLinejoin="round" />
  </svg>
);

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

const Row = ({ row }: { row: AuditRow }) => {
  const actor = row.actor?.email ?? row.actor?.id;
  const subject = row.subject?.email ?? row.subject?.id;
  const isSame = row.actor?.id === row.subject?.id;
  return (
    <li data-id={row.id}>
      <div>
        <time dateTime={row.at} title={row.at}>
          {time.format(new Date(row.at))}
        </time>{' '}
        <strong>{row.action}</strong> <span className={`ag-badge ag-outcome-${row.outcome.toLowerCase()}`}>{row.outcome}</span>
      </div>
      <small>
        {actor ?? 'Nobody who is signed in'}
        {subject && !isSame && ` → ${subject}`}
        {row.ipAddress && ` · ${row.ipAddress}`}
        {row.reason && ` · ${row.reason}`}
      </small>
    </li>
  );
};

/** How the events come, in words. */
const Connected = ({ isRunning }: { isRunning: boolean }) => {
  const connection = useConnection();
  const words = { open: 'Connected.', connecting: 'Connecting …', closed: 'Not connected. Trying again …' };
  return (
    <p role="status" className={`ag-connection ag-connection-${isRunning ? connection : 'stopped'}`}>
      {isRunning ? words[connection] : 'Stopped.'}
    </p>
  );
};

const AuditTail = () => {
  const { isRunning, fault, events, waiting } = useTail();
  useEffect(tail.begin, []);
  return (
    <>
      <Connected isRunning={isRunning} />
      <Fault>{fault}</Fault>
      <div className="ag-buttons">
        {!isRunning && (
          <button type="button" className="ag-button ag-primary" onClick={() => void tail.follow({})}>
            Start again
          </button>
        )}
        <button type="button" className="ag-button" aria-pressed={waiting !== null} onClick={waiting ? tail.goOn : tail.pause}>
          {waiting ? 'Go on' : 'Pause'}
        </button>
        <button type="button" className="ag-button" onClick={tail.clear}>
          Clear
        </button>
      </div>
      {waiting && (
        <p role="status">
          Paused. <strong data-waiting={waiting.length}>{waiting.length === MOST ? `${MOST} or more` : waiting.length}</strong> {waiting.length === 1 ? 'event waits' : 'events wait'}.
        </p>
      )}
      <Filter onFilter={(filter) => void tail.follow(filter)} />
      {events.length === 0 && <p>No events yet. They appear here when they happen.</p>}
      <ol className="ag-events" aria-label="Audit events, newest first">
        {events.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </ol>
      {events.length === MOST && <p className="ag-small">Only the newest {MOST} are shown.</p>}
    </>
  );
};

const LiveAudit = () => {
  const state = useSession();
  const isAdmin = state.phase === 'signedIn' && state.session.user.role === 'ADMIN';
  return (
    <section className="ag-panel" aria-label="Live audit">
      <div className="graphiql-doc-explorer-title">Live audit</div>
      {isAdmin ? <AuditTail key={state.session.id} /> : <p>Administrators see here what happens on the server. Sign in as one of them.</p>}
    </section>
  );
};

export const auditPlugin: GraphiQLPlugin = { title: 'Live audit', icon: Icon, content: LiveAudit };
