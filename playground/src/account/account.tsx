import { useEffect, type ReactNode } from 'react';
import { Fault, useAction } from '../shared/account/action.tsx';
import { OwnAccount, Section } from '../shared/account/own-account.tsx';
import { Sessions } from '../shared/account/sessions.tsx';
import { SignIn } from '../shared/account/sign-in.tsx';
import { HOME, PRODUCT } from '../shared/page.ts';
import { auth, useSession, type SessionState } from '../shared/session.ts';
import { EmailPage } from './email-page.tsx';
import { EMAIL_PAGES } from './email-pages.tsx';
import { PLACE } from './place.ts';

/** The pages that need no token of an email. */
const OWN_PLACES = ['', 'sign-in', 'sessions'];

const Page = ({ title, isWide = false, children }: { title: string; isWide?: boolean; children: ReactNode }) => {
  useEffect(() => void (document.title = `${title} · ${PRODUCT}`), [title]);
  return (
    <main className={isWide ? 'ag-page ag-wide' : 'ag-page'}>
      <p className="ag-product">{PRODUCT}</p>
      <h1>{title}</h1>
      {children}
    </main>
  );
};

export const Account = () => {
  const page = EMAIL_PAGES[PLACE];
  if (page) {
    return (
      <Page title={page.title}>
        <EmailPage page={page} />
      </Page>
    );
  }
  return OWN_PLACES.includes(PLACE) ? <OwnPlace /> : <Nowhere />;
};

const Nowhere = () => (
  <Page title="There is no such page">
    <p>
      <a href={HOME}>Go to your account</a>
    </p>
  </Page>
);

const OwnPlace = () => {
  const state = useSession();
  switch (state.phase) {
    case 'starting':
      return (
        <main className="ag-page">
          <p>One moment …</p>
        </main>
      );
    case 'signedOut':
      return (
        <Page title="Sign in">
          <SignIn notice={state.notice} first={state.step} mayRegister />
        </Page>
      );
    case 'signedIn':
      return <SignedIn key={state.session.id} state={state} />;
  }
};

const SignedIn = ({ state }: { state: Extract<SessionState, { phase: 'signedIn' }> }) => {
  const action = useAction();
  const isAboutSessions = PLACE === 'sessions';
  return (
    <Page title={isAboutSessions ? 'Your sessions' : 'Your account'} isWide={!isAboutSessions}>
      <div className="ag-buttons">
        <span className="ag-who">Signed in as {state.session.user.email}</span>
        <button type="button" className="ag-button" disabled={action.isRunning} onClick={() => void action.run(() => auth.logout())}>
          Sign out
        </button>
      </div>
      <Fault>{action.fault ?? state.renewal}</Fault>
      {state.notice && (
        <p className="ag-note" role="status">
          {state.notice}
        </p>
      )}
      {isAboutSessions ? (
        <>
          <Section title="Where you are signed in">
            <Sessions />
          </Section>
          <p>
            <a href={HOME}>Your whole account</a>
          </p>
        </>
      ) : (
        <OwnAccount />
      )}
    </Page>
  );
};
