import type { EventRowFragment } from '../generated.ts';
import { Link } from '../parts/link.tsx';
import { changed, hrefOf, usePlace } from '../parts/place.ts';
import { Table, type Column } from '../parts/table.tsx';
import { Badge, Email, Time, words } from '../parts/words.tsx';

interface Named {
  readonly id: string;
  readonly email: string;
}

export const UserLink = ({ user }: { user: Named }) => (
  <Link href={hrefOf(`/users/${user.id}`)}>
    <Email address={user.email} />
  </Link>
);

/** Whom it happened to, and who did it if that is somebody else. */
const Who = ({ event: { actor, subject } }: { event: EventRowFragment }) => {
  if (!subject) return actor ? <UserLink user={actor} /> : <span className="ag-weak">Nobody known</span>;
  return (
    <>
      <UserLink user={subject} />
      {actor && actor.id !== subject.id && (
        <small className="ag-weak">
          by <UserLink user={actor} />
        </small>
      )}
    </>
  );
};

interface EventTableProps {
  label: string;
  events: readonly EventRowFragment[];
  empty: string;
}

export const EventTable = ({ label, events, empty }: EventTableProps) => {
  const place = usePlace();
  const columns: readonly Column<EventRowFragment>[] = [
    { title: 'Time', cell: ({ at }) => <Time at={at} isExact /> },
    { title: 'Event', cell: ({ id, action }) => <Link href={changed(place, { event: id })}>{words(action)}</Link> },
    {
      title: 'Outcome',
      cell: ({ outcome, reason }) => (
        <>
          <Badge value={outcome} /> {reason && <small className="ag-weak">{words(reason)}</small>}
        </>
      ),
    },
    { title: 'User', cell: (event) => <Who event={event} /> },
    { title: 'Address', cell: ({ ipAddress }) => ipAddress ?? <span className="ag-weak">None</span> },
  ];
  return <Table label={label} columns={columns} rows={events} keyOf={({ id }) => id} empty={empty} />;
};
