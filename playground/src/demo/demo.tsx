// The journey of a user: the steps on the left, the present one in the middle, and on the right what it sends.
import { Activity, useEffect, useRef, type ReactNode } from 'react';
import { HOME, PRODUCT, VERSION } from '../shared/page.ts';
import { laptop, phone, visitor } from './devices.ts';
import { keepFocus } from './focus.ts';
import { forget, goTo, STEPS, useJourney, type StepName } from './journey.ts';
import { Log, Sources } from './log.tsx';
import { Next } from './next.tsx';
import { Done } from './steps/done.tsx';
import { Email } from './steps/email.tsx';
import { ProviderStep } from './steps/provider.tsx';
import { Refresh } from './steps/refresh.tsx';
import { Register } from './steps/register.tsx';
import { Reset } from './steps/reset.tsx';
import { Reuse } from './steps/reuse.tsx';
import { SecondFactor } from './steps/second-factor.tsx';
import { Sessions } from './steps/sessions.tsx';
import { SignInStep } from './steps/sign-in.tsx';
import { Verify } from './steps/verify.tsx';

/** What stands in the middle. Most steps need the account of the first one. */
const contentOf = (step: StepName, email: string | null): ReactNode => {
  if (step === 'register') return <Register />;
  if (step === 'provider') return <ProviderStep />;
  if (step === 'done') return <Done />;
  if (email === null) return <Missing />;
  switch (step) {
    case 'email':
      return <Email email={email} />;
    case 'verify':
      return <Verify />;
    case 'sign-in':
      return <SignInStep />;
    case 'second-factor':
      return <SecondFactor />;
    case 'sessions':
      return <Sessions />;
    case 'refresh':
      return <Refresh />;
    case 'reuse':
      return <Reuse email={email} />;
    case 'reset':
      return <Reset email={email} />;
  }
};

const Missing = () => (
  <>
    <p>This step needs an account.</p>
    <Next to="register">
      Register
    </Next>
  </>
);

export const Demo = () => {
  const { step, visited, email } = useJourney();
  const main = useRef<HTMLElement>(null);
  useEffect(() => (main.current ? keepFocus(main.current) : undefined), []);
  return (
    <div className="demo">
      <header className="demo-header">
        <h1>
          {PRODUCT} <span>demo</span>
        </h1>
        <span className="demo-weak">{email ?? `Version ${VERSION}`}</span>
        <button type="button" className="ag-button" onClick={() => void startOver()}>
          Start over
        </button>
      </header>
      <Steps />
      <main className="demo-main" ref={main}>
        {/* Hidden steps keep what was typed and what came of it. */}
        {STEPS.filter(({ name }) => visited.includes(name)).map(({ name, title }) => (
          <Activity key={name} mode={name === step ? 'visible' : 'hidden'}>
            <div className="demo-step">
              <section className="demo-content" aria-labelledby={`title-${name}`}>
                <Title name={name}>{title}</Title>
                {contentOf(name, email)}
              </section>
              <section className="demo-beside" aria-label="Code and operations">
                {name !== 'done' && <Log step={name} />}
                <Sources step={name} />
              </section>
            </div>
          </Activity>
        ))}
      </main>
    </div>
  );
};

/** Loading the page again forgets everything but the account on the server. */
const startOver = async (): Promise<void> => {
  await Promise.allSettled([laptop, phone, visitor].map(({ auth }) => auth.logout()));
  forget();
  location.assign(HOME);
};

let isFirst = true;

const Title = ({ name, children }: { name: StepName; children: string }) => {
  const heading = useRef<HTMLHeadingElement>(null);
  const number = STEPS.findIndex((one) => one.name === name) + 1;
  // Runs whenever the step is shown.
  useEffect(() => {
    document.title = `${number}. ${children} · ${PRODUCT} demo`;
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, []);
  return (
    <h2 id={`title-${name}`} ref={heading} tabIndex={-1}>
      <small>
        Step {number} of {STEPS.length}
      </small>
      {children}
    </h2>
  );
};

const Steps = () => {
  const { step, done } = useJourney();
  return (
    <nav className="demo-steps" aria-label="Steps">
      <ol>
        {STEPS.map(({ name, title }, index) => (
          <li key={name} className={done.includes(name) ? 'demo-done' : undefined}>
            <a
              href={`${HOME}/${name}`}
              aria-current={name === step ? 'step' : undefined}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                event.preventDefault();
                goTo(name);
              }}
            >
              <span aria-hidden="true">{done.includes(name) ? '✓' : index + 1}</span>
              <span className="demo-title">{title}</span>
              {done.includes(name) && <span className="ag-hidden"> (done)</span>}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
};
