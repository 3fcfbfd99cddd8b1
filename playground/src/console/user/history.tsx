import { useEffect } from 'react';
import { EventTable } from '../audit/event-table.tsx';
import { UserHistory } from '../generated.ts';
import { Link } from '../parts/link.tsx';
import { pageOf, Pages } from '../parts/pages.tsx';
import { hrefOf, usePlace } from '../parts/place.ts';
import { useRead } from '../parts/read.ts';
import { Loaded } from '../parts/states.tsx';

const SIZE = 20;
const PREFIX = 'history-';

export const History = ({ id, changes }: { id: string; changes: number }) => {
  const place = usePlace();
  const reading = useRead(UserHistory, { id, ...pageOf(place, SIZE, PREFIX) });
  useEffect(() => {
    if (changes > 0) reading.reload();
  }, [changes]);
  return (
    <section aria-labelledby="history">
      <header className="ag-head">
        <h2 id="history">History</h2>
        <span>
          <Link href={hrefOf('/audit', { subject: id })}>Follow in the audit trail</Link> ·{' '}
          <Link href={hrefOf('/audit', { actor: id })}>What the user did</Link>
        </span>
      </header>
      <Loaded reading={reading}>
        {({ user }) =>
          user && (
            <>
              <EventTable label="History" events={user.auditEvents.nodes} empty="Nothing has happened to this account." />
              <Pages label="the history" page={user.auditEvents.pageInfo} shown={user.auditEvents.nodes.length} size={SIZE} prefix={PREFIX} />
            </>
          )
        }
      </Loaded>
    </section>
  );
};
