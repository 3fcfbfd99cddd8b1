import { useState } from 'react';
import { Fault, useAction } from '../../shared/account/action.tsx';
import { auth } from '../../shared/session.ts';
import { CountUsers, UserList, type UserFilter, type UserRowFragment } from '../generated.ts';
import { Link } from '../parts/link.tsx';
import { Menu } from '../parts/menu.tsx';
import { pageOf, Pages } from '../parts/pages.tsx';
import { hrefOf, usePlace } from '../parts/place.ts';
import { useRead } from '../parts/read.ts';
import { Loaded } from '../parts/states.tsx';
import { Table, type Column } from '../parts/table.tsx';
import { Badge, count, Email, Time } from '../parts/words.tsx';
import { UserActionDialog } from '../user/action-dialog.tsx';
import { USER_ACTIONS, type UserAction } from '../user/actions.ts';
import { filterOf, orderOf } from './filter.ts';
import { UserFilters } from './filters.tsx';
import { Invitation } from './invitation.tsx';

const SIZE = 25;

interface Chosen {
  readonly action: UserAction;
  readonly user: UserRowFragment;
}

export const Users = ({ ownId }: { ownId: string }) => {
  const place = usePlace();
  const filter = filterOf(place.params);
  const orderBy = orderOf(place.params);
  const reading = useRead(UserList, { ...pageOf(place, SIZE), ...(filter && { filter }), ...(orderBy && { orderBy }) });
  const [chosen, setChosen] = useState<Chosen>();
  const [isInviting, setInviting] = useState(false);
  const columns = columnsOf((user, action) => setChosen({ user, action }), ownId);
  return (
    <>
      <header className="ag-head">
        <h1 tabIndex={-1}>Users</h1>
        <button type="button" className="ag-button ag-primary" onClick={() => setInviting(true)}>
          Invite a user
        </button>
      </header>
      <UserFilters />
      <Loaded reading={reading}>
        {({ users }) => (
          <>
            <Table label="Users" columns={columns} rows={users.nodes} keyOf={({ id }) => id} empty="No user matches." />
            <div className="ag-foot">
              <Count key={JSON.stringify(filter)} filter={filter} />
              <Pages label="users" page={users.pageInfo} shown={users.nodes.length} size={SIZE} />
            </div>
          </>
        )}
      </Loaded>
      {chosen && (
        <UserActionDialog {...chosen} isOwn={chosen.user.id === ownId} onDone={reading.reload} onClose={() => setChosen(undefined)} />
      )}
      {isInviting && <Invitation onDone={reading.reload} onClose={() => setInviting(false)} />}
    </>
  );
};

/** Counting takes longer the more users match, so it waits until somebody asks. */
const Count = ({ filter }: { filter: UserFilter | undefined }) => {
  const action = useAction();
  const [total, setTotal] = useState<number>();
  const read = async () => setTotal((await auth.request(CountUsers, { filter })).users.totalCount);
  return (
    <div>
      {total === undefined ? (
        <button type="button" className="ag-button" disabled={action.isRunning} onClick={() => void action.run(read)}>
          Count the matches
        </button>
      ) : (
        <span role="status">{total === 1 ? '1 user matches.' : `${count(total)} users match.`}</span>
      )}
      <Fault>{action.fault}</Fault>
    </div>
  );
};

const columnsOf = (choose: (user: UserRowFragment, action: UserAction) => void, ownId: string): readonly Column<UserRowFragment>[] => [
  {
    title: 'User',
    cell: ({ id, email, name }) => (
      <>
        <Link href={hrefOf(`/users/${id}`)}>
          <Email address={email} />
        </Link>
        {name && <small className="ag-weak">{name}</small>}
      </>
    ),
  },
  { title: 'Role', cell: ({ role }) => (role === 'ADMIN' ? <Badge value={role}>Administrator</Badge> : 'User') },
  { title: 'Status', cell: ({ status }) => <Badge value={status} /> },
  { title: 'Verified', cell: ({ emailVerified }) => (emailVerified ? 'Yes' : <span className="ag-weak">No</span>) },
  { title: 'Second factor', cell: ({ mfa }) => (mfa.enabled ? 'On' : <span className="ag-weak">Off</span>) },
  { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { title: 'Last sign-in', cell: ({ lastLoginAt }) => (lastLoginAt ? <Time at={lastLoginAt} /> : <span className="ag-weak">Never</span>) },
  {
    title: 'Actions',
    isUntitled: true,
    cell: (user) => {
      const offered = USER_ACTIONS.filter(({ isOffered }) => isOffered(user, user.id === ownId));
      if (offered.length === 0) return null;
      return <Menu label={`Actions for ${user.email}`} items={offered} onChoose={(action) => choose(user, action)} />;
    },
  },
];
