// Who may enter.
import { useEffect } from 'react';
import type { Session } from '../client/index.ts';
import { Fault, useAction } from '../shared/account/action.tsx';
import { SignIn } from '../shared/account/sign-in.tsx';
import { PRODUCT } from '../shared/page.ts';
import { auth, useSession } from '../shared/session.ts';
import { Shell } from './shell.tsx';

export const Console = () => {
  const state = useSession();
  switch (state.phase) {
    case 'starting':
      return <p className="loading">One moment …</p>;
    case 'signedOut':
      return (
        <Entrance title="Sign in to the console">
          <SignIn notice={state.notice} first={state.step} />
        </Entrance>
      );
    case 'signedIn': {
      const { user } = state.session;
      if (user.role !== 'ADMIN') return <NotForUsers user={user} />;
      return <Shell key={state.session.id} user={user} notice={state.notice} renewal={state.renewal} />;
    }
  }
};

const Entrance = ({ title, children }: { title: string; children: React.ReactNode }) => {
  useEffect(() => {
    document.title = `${title} · ${PRODUCT}`;
    performance.mark('console-visible');
  }, [title]);
  return (
    <main className="ag-page">
      <p className="ag-product">{PRODUCT}</p>
      <h1>{title}</h1>
      {children}
    </main>
  );
};

const NotForUsers = ({ user }: { user: Session['user'] }) => {
  const action = useAction();
  return (
    <Entrance title="For administrators">
      <p>
        You are signed in as <strong>{user.email}</strong>. The console is for administrators only. Ask one of them if you need it, or sign
        in with another account.
      </p>
      <Fault>{action.fault}</Fault>
      <button type="button" className="ag-button ag-primary" disabled={action.isRunning} onClick={() => void action.run(() => auth.logout())}>
        Sign out
      </button>
    </Entrance>
  );
};
