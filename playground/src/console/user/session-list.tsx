import { useEffect, useState } from 'react';
import { auth } from '../../shared/session.ts';
import { EndSession, UserSessions, type UserSessionsQuery } from '../generated.ts';
import { ActionDialog } from '../parts/dialog.tsx';
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

interface SessionListProps {
  id: string;
  changes: number;
  /** After a session was ended. */
  onDone: () => void;
}

export const SessionList = ({ id, changes, onDone }: SessionListProps) => {
  const place = usePlace();
  const shown = place.params.get('sessions') === 'all' ? 'all' : '';
  const reading = useRead(UserSessions, { id, ...pageOf(place, SIZE, PREFIX), ...(shown === '' && { status: 'ACTIVE' as const }) });
  const [ending, setEnding] = useState<Session>();
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
                columns={columnsOf(setEnding)}
                rows={user.sessions.nodes}
                keyOf={(session) => session.id}
                empty={shown === 'all' ? 'There are no sessions.' : 'The user is not signed in anywhere.'}
              />
              <Pages label="sessions" page={user.sessions.pageInfo} shown={user.sessions.nodes.length} size={SIZE} prefix={PREFIX} />
            </>
          )
        }
      </Loaded>
      {ending && <EndDialog session={ending} onDone={onDone} onClose={() => setEnding(undefined)} />}
    </section>
  );
};

interface EndDialogProps {
  session: Session;
  onDone: () => void;
  onClose: () => void;
}

const EndDialog = ({ session, onDone, onClose }: EndDialogProps) => {
  const run = async () => {
    await auth.request(EndSession, { input: { sessionId: session.id } });
    return `The session on ${nameOf(session)} ended.`;
  };
  return (
    <ActionDialog title={`End session: ${nameOf(session)}`} submit="End session" run={run} onDone={onDone} onClose={onClose}>
      <p>This device is signed out at once. The other sessions of the user go on.</p>
    </ActionDialog>
  );
};

const softwareOf = ({ device: { browser, os } }: Session) => [browser, os].filter(Boolean).join(' on ');
const nameOf = (session: Session) => session.device.name ?? (softwareOf(session) || 'Unknown device');

const deviceOf = (session: Session) => {
  const { name } = session.device;
  const software = softwareOf(session);
  return (
    <>
      {nameOf(session)}
      {name && software && <small className="ag-weak">{software}</small>}
    </>
  );
};

const columnsOf = (end: (session: Session) => void): readonly Column<Session>[] => [
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
  {
    title: 'Actions',
    isUntitled: true,
    // One's own session ends by signing out.
    cell: (session) =>
      session.status === 'ACTIVE' &&
      !session.current && (
        <button type="button" className="ag-button" aria-label={`End the session on ${nameOf(session)}`} onClick={() => end(session)}>
          End
        </button>
      ),
  },
];
