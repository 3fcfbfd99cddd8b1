import { AuditTrail } from '../generated.ts';
import { pageOf, Pages } from '../parts/pages.tsx';
import { usePlace } from '../parts/place.ts';
import { useRead } from '../parts/read.ts';
import { Loaded } from '../parts/states.tsx';
import { Connection } from './connection.tsx';
import { EventTable } from './event-table.tsx';
import { filterOf } from './filter.ts';
import { AuditFilters } from './filters.tsx';
import { useTail } from './tail.ts';
import { Export, Verification } from './tasks.tsx';

const SIZE = 50;

export const Audit = () => {
  const place = usePlace();
  const filter = filterOf(place.params);
  const page = pageOf(place, SIZE);
  const reading = useRead(AuditTrail, { ...page, ...(filter && { filter }) });
  // New events come in front of the first page, unless the filter ends before them.
  const isNewest = !page.after && !page.before && !place.params.has('until');
  const tail = useTail(reading, filter, isNewest);
  return (
    <>
      <header className="ag-head">
        <h1 tabIndex={-1}>Audit</h1>
        {isNewest && <Connection tail={tail} />}
      </header>
      <AuditFilters />
      <div className="ag-tasks">
        <Export filter={filter} />
        <Verification />
      </div>
      <Loaded reading={reading}>
        {({ auditEvents }) => (
          <>
            <EventTable
              label="Events"
              events={isNewest ? tail.join(auditEvents.nodes) : auditEvents.nodes}
              empty={filter ? 'No event matches the filter.' : 'Nothing has happened yet.'}
            />
            <Pages label="events" page={auditEvents.pageInfo} shown={auditEvents.nodes.length} size={SIZE} />
          </>
        )}
      </Loaded>
    </>
  );
};
