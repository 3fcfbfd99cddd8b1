// What happens now.
import { useEffect } from 'react';
import { EventTable } from '../audit/event-table.tsx';
import { Connection } from '../audit/connection.tsx';
import { useTail } from '../audit/tail.ts';
import { AuditTrail } from '../generated.ts';
import { Link } from '../parts/link.tsx';
import { hrefOf } from '../parts/place.ts';
import { useRead } from '../parts/read.ts';
import { Loaded } from '../parts/states.tsx';

const SHOWN = 8;

export const Feed = ({ onEvent }: { onEvent: () => void }) => {
  const reading = useRead(AuditTrail, { first: SHOWN });
  const tail = useTail(reading, undefined, true);
  const newest = tail.live[0]?.id;
  useEffect(() => {
    if (newest !== undefined) onEvent();
  }, [newest]);
  return (
    <section aria-labelledby="feed">
      <header className="ag-head">
        <h2 id="feed">Latest events</h2>
        <Connection tail={tail} />
      </header>
      <Loaded reading={reading}>
        {({ auditEvents }) => (
          <EventTable label="Latest events" events={tail.join(auditEvents.nodes).slice(0, SHOWN)} empty="Nothing has happened yet." />
        )}
      </Loaded>
      <p>
        <Link href={hrefOf('/audit')}>All events</Link>
      </p>
    </section>
  );
};
