import type { GraphiQLPlugin } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { CopyButton, Fault, useAction } from '../../shared/account/action.tsx';
import { SecondFactor } from '../../shared/account/second-factor.tsx';
import { Sessions } from '../../shared/account/sessions.tsx';
import { SignIn } from '../../shared/account/sign-in.tsx';
import { LICENSES, MODE } from '../../shared/page.ts';
import { auth, session, useSession, type SessionState } from '../../shared/session.ts';
import { useSchema } from '../graphiql/schema.ts';

const Icon = () => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
    <circle cx="12" cy="8" r="4" />
    <path d="M4 20c1-4 4.5-5.5 8-5.5s7 1.5 8 5.5" strokeLinecap="round" />
  </svg>
);

const Account = () => {
  const state = useSession();
  return (
    <section className="ag-panel" aria-label="Account">
      <div className="graphiql-doc-explorer-title">Account</div>
      {state.phase === 'starting' && <Starting fault={state.fault} />}
      {state.phase === 'signedOut' && <SignedOut state={state} />}
      {state.phase === 'signedIn' && <SignedInAccount state={state} />}
      <p className="ag-small">
        <a href={LICENSES} target="_blank" rel="noreferrer">
          Licences of the software in this page
        </a>
      </p>
    </section>
  );
};

const Starting = ({ fault }: { fault: string | undefined }) =>
  fault === undefined ? (
    <p>One moment …</p>
  ) : (
    <>
      <Fault>{fault}</Fault>
      <p role="status">Trying again …</p>
      <button type="button" className="ag-button" onClick={() => void session.start()}>
        Try now
      </button>
    </>
  );

type SignedOutState = Extract<SessionState, { phase: 'signedOut' }>;

const SignedOut = ({ state }: { state: SignedOutState }) => {
  const { fault } = useSchema();
  return (
    <SignIn notice={state.notice} first={state.step}>
      {fault && <p className="ag-note">This server shows its schema to administrators only. Sign in to read the documentation.</p>}
    </SignIn>
  );
};

type SignedInState = Extract<SessionState, { phase: 'signedIn' }>;

const SignedInAccount = ({ state }: { state: SignedInState }) => {
  const action = useAction();
  const { user } = state.session;
  const token = async () => (await auth.accessToken())?.value ?? '';
  return (
    <>
      <div className="ag-card">
        <strong>{user.name ?? user.email}</strong>
        {user.name && <div>{user.email}</div>}
        <div className="ag-badges">
          <span className="ag-badge">{user.role}</span>
          <span className={`ag-badge ag-${MODE}`}>{MODE}</span>
        </div>
        <Countdown state={state} />
        {state.notice && <p role="status">{state.notice}</p>}
        <Fault>{action.fault}</Fault>
        <div className="ag-buttons">
          <CopyButton text={token}>Copy access token</CopyButton>
          <button type="button" className="ag-button" disabled={action.isRunning} onClick={() => void action.run(() => auth.logout())}>
            Sign out
          </button>
        </div>
      </div>
      <h3>Second factor</h3>
      <SecondFactor />
      <h3>Your sessions</h3>
      <Sessions key={state.session.id} />
    </>
  );
};

const Countdown = ({ state }: { state: SignedInState }) => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((state.expiresAt - now) / 1000));
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return (
    <p className="ag-countdown">
      {/* A timer is not read out each second. */}
      Access token expires in <time role="timer">{text}</time>, and is renewed before. <Fault>{state.renewal}</Fault>
    </p>
  );
};

export const accountPlugin: GraphiQLPlugin = { title: 'Account', icon: Icon, content: Account };
