// One user: who it is, what can be done, where the user is signed in, and what happened.
import { useState } from 'react';
import { Fact } from '../audit/event.tsx';
import { UserProfile, type UserProfileQuery } from '../generated.ts';
import { Link } from '../parts/link.tsx';
import { hrefOf } from '../parts/place.ts';
import { useRead } from '../parts/read.ts';
import { Loaded } from '../parts/states.tsx';
import { Badge, Time, words } from '../parts/words.tsx';
import { UserActionDialog } from './action-dialog.tsx';
import { USER_ACTIONS, type UserAction } from './actions.ts';
import { History } from './history.tsx';
import { SessionList } from './session-list.tsx';

type User = NonNullable<UserProfileQuery['user']>;

export const UserView = ({ id, own }: { id: string; own: boolean }) => {
  const reading = useRead(UserProfile, { id });
  // What was done to the account has changed its sessions and its history, too.
  const [changes, setChanges] = useState(0);
  const user = reading.data?.user;
  const onDone = () => {
    reading.reload();
    setChanges((before) => before + 1);
  };
  return (
    <>
      <p className="ag-crumb">
        <Link href={hrefOf('/users')}>Users</Link>
      </p>
      <h1 tabIndex={-1}>{user ? (user.name ?? user.email) : 'User'}</h1>
      <Loaded reading={reading}>
        {({ user }) =>
          user ? (
            <>
              <Profile user={user} isOwn={own} onDone={onDone} />
              <SessionList id={id} changes={changes} onDone={onDone} />
              <History id={id} changes={changes} />
            </>
          ) : (
            <p>There is no such user.</p>
          )
        }
      </Loaded>
    </>
  );
};

interface ProfileProps {
  user: User;
  isOwn: boolean;
  onDone: () => void;
}

const Profile = ({ user, isOwn, onDone }: ProfileProps) => {
  const [action, setAction] = useState<UserAction>();
  return (
    <section className="ag-card" aria-label="Profile">
      <div className="ag-badges">
        <Badge value={user.role}>{user.role === 'ADMIN' ? 'Administrator' : 'User'}</Badge>
        <Badge value={user.status} />
        {isOwn && <Badge value="OWN">This is you</Badge>}
      </div>
      <Facts user={user} />
      <div className="ag-buttons" role="group" aria-label="Actions">
        {USER_ACTIONS.filter(({ isOffered }) => isOffered(user, isOwn)).map((each) => (
          <button key={each.label} type="button" className="ag-button" data-danger={each.isDangerous} onClick={() => setAction(each)}>
            {each.label}
          </button>
        ))}
      </div>
      {action && <UserActionDialog action={action} user={user} isOwn={isOwn} onDone={onDone} onClose={() => setAction(undefined)} />}
    </section>
  );
};

const NEVER = <span className="ag-weak">Never</span>;

const Facts = ({ user }: { user: User }) => (
  <dl className="ag-facts">
    <Fact title="Email">
      {user.email} {user.emailVerified ? <Badge value="ACTIVE">Verified</Badge> : <Badge value="NONE">Not verified</Badge>}
    </Fact>
    {user.pendingEmail && <Fact title="New email, not confirmed">{user.pendingEmail}</Fact>}
    <Fact title="Name">{user.name ?? <span className="ag-weak">None</span>}</Fact>
    <Fact title="Language">{user.locale ?? <span className="ag-weak">None</span>}</Fact>
    {user.lock && (
      <Fact title="Locked">
        {user.lock.cause === 'ADMINISTRATOR' ? 'By an administrator' : words(user.lock.cause)},{' '}
        {user.lock.until ? (
          <>
            until <Time at={user.lock.until} />
          </>
        ) : (
          'without an end'
        )}
      </Fact>
    )}
    <Fact title="Password">{user.hasPassword ? 'Set' : 'None'}</Fact>
    <Fact title="Second factor">
      {user.mfa.enabled ? `On. Backup codes left: ${user.mfa.backupCodesRemaining}.` : 'Off'}
      {user.mfa.enabledAt && (
        <>
          {' '}
          Since <Time at={user.mfa.enabledAt} />.
        </>
      )}
    </Fact>
    <Fact title="Linked providers">
      {user.oauthAccounts.length === 0 && <span className="ag-weak">None</span>}
      {user.oauthAccounts.map(({ id, provider, email, linkedAt, lastUsedAt }) => (
        <div key={id}>
          {provider.displayName} {email && `(${email})`}, linked <Time at={linkedAt} />
          {lastUsedAt && (
            <>
              , last used <Time at={lastUsedAt} />
            </>
          )}
        </div>
      ))}
    </Fact>
    <Fact title="Created">
      <Time at={user.createdAt} />
    </Fact>
    <Fact title="Last changed">
      <Time at={user.updatedAt} />
    </Fact>
    <Fact title="Last sign-in">{user.lastLoginAt ? <Time at={user.lastLoginAt} /> : NEVER}</Fact>
    {user.deletedAt && (
      <Fact title="Deleted">
        <Time at={user.deletedAt} />
      </Fact>
    )}
    {user.erasedAt && (
      <Fact title="Erased">
        <Time at={user.erasedAt} />
      </Fact>
    )}
    <Fact title="Id">
      <code>{user.id}</code>
    </Fact>
  </dl>
);
