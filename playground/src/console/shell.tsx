// The frame of all views: where one is, where one can go, and who one is.
import { useEffect, useRef, useState } from 'react';
import type { Session } from '../client/index.ts';
import { Fault, useAction } from '../shared/account/action.tsx';
import { LICENSES, PRODUCT, VERSION } from '../shared/page.ts';
import { auth } from '../shared/session.ts';
import { OwnAccount } from './account/account.tsx';
import { Audit } from './audit/audit.tsx';
import { EventDialog } from './audit/event.tsx';
import { Overview } from './overview/overview.tsx';
import { Link } from './parts/link.tsx';
import { announce, Notice } from './parts/notice.tsx';
import { hrefOf, usePlace } from './parts/place.ts';
import { Settings } from './settings/settings.tsx';
import { UserView } from './user/user.tsx';
import { Users } from './users/users.tsx';

const VIEWS = [
  ['/', 'Overview'],
  ['/users', 'Users'],
  ['/audit', 'Audit'],
  ['/settings', 'Settings'],
  ['/account', 'Your account'],
] as const;

const USER = '/users/';

interface ShellProps {
  user: Session['user'];
  notice: string | undefined;
  renewal: string | undefined;
}

export const Shell = ({ user, notice, renewal }: ShellProps) => {
  const { path, params } = usePlace();
  const event = params.get('event');
  useEffect(() => {
    if (notice) announce(notice);
  }, [notice]);
  useArrival(path);
  return (
    <div className="ag-shell">
      <a className="ag-skip" href="#main">
        Skip to the content
      </a>
      <Side path={path} user={user} />
      <main id="main" tabIndex={-1}>
        {renewal && <Fault>The server cannot be reached: {renewal} Trying again.</Fault>}
        <View path={path} user={user} />
      </main>
      <Notice />
      {event !== null && <EventDialog id={event} />}
    </div>
  );
};

const View = ({ path, user }: { path: string; user: Session['user'] }) => {
  if (path.startsWith(USER)) {
    const id = decodeURIComponent(path.slice(USER.length));
    return <UserView key={id} id={id} own={user.id === id} />;
  }
  switch (path) {
    case '/':
      return <Overview />;
    case '/users':
      return <Users ownId={user.id} />;
    case '/audit':
      return <Audit />;
    case '/settings':
      return <Settings />;
    case '/account':
      return <OwnAccount user={user} />;
    default:
      return (
        <>
          <h1 tabIndex={-1}>There is no such page</h1>
          <p>
            <Link href={hrefOf('/')}>Go to the overview</Link>
          </p>
        </>
      );
  }
};

/** A new view begins at its top, for eyes and for screen readers. Back leads to where one was. */
const useArrival = (path: string) => {
  const isFirst = useRef(true);
  useEffect(() => {
    const heading = document.querySelector('h1');
    document.title = `${heading?.textContent ?? 'Console'} · ${PRODUCT}`;
    performance.mark('console-visible');
    if (!isFirst.current) heading?.focus({ preventScroll: isGoingBack });
    isFirst.current = false;
    isGoingBack = false;
  }, [path]);
};
let isGoingBack = false;
addEventListener('popstate', () => (isGoingBack = true));

const Side = ({ path, user }: { path: string; user: Session['user'] }) => {
  const action = useAction();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [path]);
  return (
    <header className="ag-side">
      <div className="ag-brand">
        <strong>{PRODUCT}</strong> <span className="ag-weak">Console</span>
        <button type="button" className="ag-button ag-menu" aria-expanded={isOpen} aria-controls="side" onClick={() => setOpen(!isOpen)}>
          Menu
        </button>
      </div>
      <div id="side" data-open={isOpen}>
        <nav aria-label="Console">
          <ul>
            {VIEWS.map(([view, title]) => (
              <li key={view}>
                <Link href={hrefOf(view)} aria-current={isWithin(path, view) ? 'page' : undefined}>
                  {title}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="ag-who">
          <div className="ag-weak">{user.name ?? 'Administrator'}</div>
          <div>{user.email}</div>
          <Fault>{action.fault}</Fault>
          <button type="button" className="ag-button" disabled={action.isRunning} onClick={() => void action.run(() => auth.logout())}>
            Sign out
          </button>
          <small className="ag-weak">
            authgraph {VERSION} ·{' '}
            <a href={LICENSES} target="_blank" rel="noreferrer">
              Licences
            </a>
          </small>
        </div>
      </div>
    </header>
  );
};

const isWithin = (path: string, view: string) => path === view || (view !== '/' && path.startsWith(`${view}/`));
