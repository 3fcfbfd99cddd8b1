// Everything about one event. Its id is in the address, so a link to it can be sent to a colleague.
import type { ReactNode } from 'react';
import { OneEvent, type WholeEventFragment } from '../generated.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Link } from '../parts/link.tsx';
import { changed, hrefOf, navigate, usePlace } from '../parts/place.ts';
import { useRead } from '../parts/read.ts';
import { Loaded } from '../parts/states.tsx';
import { Badge, count, Time, words } from '../parts/words.tsx';
import { UserLink } from './event-table.tsx';

export const EventDialog = ({ id }: { id: string }) => {
  const place = usePlace();
  const reading = useRead(OneEvent, { id });
  const close = () => navigate(changed(place, { event: null }), { replace: true });
  return (
    <Dialog title="Event" onClose={close}>
      <Loaded reading={reading}>{({ node }) => (node?.__typename === 'AuditEvent' ? <Event event={node} /> : <p>There is no such event.</p>)}</Loaded>
    </Dialog>
  );
};

const Event = ({ event }: { event: WholeEventFragment }) => (
  <>
    <dl className="ag-facts">
      <Fact title="Event">
        {words(event.action)} <code>{event.action}</code>
      </Fact>
      <Fact title="Outcome">
        <Badge value={event.outcome} /> {event.reason && <code>{event.reason}</code>}
      </Fact>
      <Fact title="Time">
        <Time at={event.at} isExact /> <code>{event.at}</code>
      </Fact>
      <Fact title="Done by">{event.actor ? <UserLink user={event.actor} /> : 'Nobody who was signed in'}</Fact>
      <Fact title="Happened to">{event.subject ? <UserLink user={event.subject} /> : 'No account'}</Fact>
      <Fact title="IP address">
        {event.ipAddress === null ? 'None' : <Link href={hrefOf('/audit', { ip: event.ipAddress })}>{event.ipAddress}</Link>}
      </Fact>
      <Fact title="User agent">{event.userAgent ?? 'None'}</Fact>
      <Fact title="Session">
        {event.sessionId === null ? 'None' : <Link href={hrefOf('/audit', { session: event.sessionId })}>{event.sessionId}</Link>}
      </Fact>
      {event.endedSessionCount > 0 && <Fact title="Sessions ended">{count(event.endedSessionCount)}</Fact>}
      <Fact title="Correlation id">
        <code>{event.correlationId}</code>
      </Fact>
      <Fact title="Event id">
        <code>{event.id}</code>
      </Fact>
    </dl>
    {event.changes.length > 0 && <Changes changes={event.changes} />}
    <h3>Details</h3>
    <pre className="ag-json" tabIndex={0} role="region" aria-label="Details as JSON">
      {JSON.stringify(event.metadata, null, 2)}
    </pre>
  </>
);

export const Fact = ({ title, children }: { title: string; children: ReactNode }) => (
  <div>
    <dt>{title}</dt>
    <dd>{children}</dd>
  </div>
);

const Changes = ({ changes }: { changes: WholeEventFragment['changes'] }) => (
  <>
    <h3>Changes</h3>
    <table className="ag-changes">
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ field, from, to }) => (
          <tr key={field}>
            <th scope="row">{field}</th>
            <td>{from ?? '–'}</td>
            <td>{to ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </>
);
