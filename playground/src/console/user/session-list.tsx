import { useEffect } from 'react';
import { UserSessions, type UserSessionsQuery } from '../generated.ts';
import { Select } from '../parts/fields.tsx';
import { firstPage, pageOf, Pages } from '../parts/pages.tsx';
import { changed, navigate, usePlace } from '../parts/place.ts';
import { useRead } from '../parts/read.ts';
import { Loaded } from '../parts/states.tsx';
import { Table, type Column } from '../parts/table.tsx';
import { Badge, Time, words } from '../parts/words.tsx';

type Session = NonNullable<UserSessionsQuery['user']>['sessions']['nodes'][number];

const SIZE = 10;
const PREFIX = 'sessions-';
const SHOWN = [
  ['', 'Active'],
  ['all', 'Active and ended'],
] as const;

export const SessionList = ({ id, changes }: { id: string; changes: number }) => {
  const place = usePlace();
  const shown = place.params.get('sessions') === 'all' ? 'all' : '';
  const reading = useRead(UserSessions, { id, ...pageOf(place, SIZE, PREFIX), ...(shown === '' && { status: 'ACTIVE' as const }) });
  useEffect(() => {
    if (changes > 0) reading.reload();
  }, [changes]);
  return (
    <section aria-labelledby="sessions">
      <header className="ag-head">
        <h2 id="sessions">Sessions</h2>
        <Select
          label="Shown sessions"
          value={shown}
          options={SHOWN}
          onChange={(sessions) => navigate(changed(place, { sessions, ...firstPage(PREFIX) }))}
        />
      </header>
      <Loaded reading={reading}>
        {({ user }) =>
          user && (
            <>
              <Table
                label="Sessions"
                columns={COLUMNS}
                rows={user.sessions.nodes}
                keyOf={(session) => session.id}
                empty={shown === 'all' ? 'There are no sessions.' : 'The user is not signed in anywhere.'}
              />
              <Pages label="sessions" page={user.sessions.pageInfo} shown={user.sessions.nodes.length} size={SIZE} prefix={PREFIX} />
            </>
          )
        }
      </Loaded>
    </section>
  );
};

const deviceOf = ({ device: { name, browser, os } }: Session) => {
  const software = [browser, os].filter(Boolean).join(' on ');
  return (
    <>
      {name ?? (software || 'Unknown device')}
      {name && software && <small className="ag-weak">{software}</small>}
    </>
  );
};

const COLUMNS: readonly Column<Session>[] = [
  { title: 'Device', cell: deviceOf },
  {
    title: 'Status',
    cell: ({ status, endReason, current }) => (
      <>
        <Badge value={status} /> {current && <Badge value="OWN">This one</Badge>}
        {endReason && <small className="ag-weak">{words(endReason)}</small>}
      </>
    ),
  },
  { title: 'Signed in with', cell: ({ authMethods }) => authMethods.map(words).join(', ') },
  { title: 'Address', cell: ({ ipAddress }) => ipAddress ?? 'None' },
  { title: 'Opened', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { title: 'Last used', cell: ({ lastSeenAt }) => <Time at={lastSeenAt} /> },
  { title: 'Ended', cell: ({ endedAt }) => (endedAt ? <Time at={endedAt} /> : <span className="ag-weak">–</span>) },
];
