// Signing in: the password or a provider, and whatever the server requires then.
import { useEffect, useState, type ReactNode } from 'react';
import type { LoginResult } from '../../client/index.ts';
import { beginOAuth } from '../oauth.ts';
import { MAILBOX, MODE } from '../page.ts';
import { auth } from '../session.ts';
import { CodeField, Fault, Field, Form, useAction } from './action.tsx';
import { Register } from './register.tsx';
import { ForgotPassword, LoginOptions, ResendVerification, type LoginOptionsQuery } from './generated.ts';

type Step = Exclude<LoginResult, { __typename: 'SignedIn' }> | { __typename: 'Forgot' | 'Register'; email: string };
interface StepProps {
  onResult: (result: LoginResult) => void;
  onBack: () => void;
}

interface SignInProps {
  /** Why the user is signed out. */
  notice?: string | undefined;
  /** What a sign-in with a provider has led to. */
  first?: LoginResult | undefined;
  /** Whether somebody without an account can open one here. */
  mayRegister?: boolean;
  /** Above the fields of the first step. */
  children?: ReactNode;
}

export const SignIn = ({ notice, first, mayRegister = false, children }: SignInProps) => {
  const [step, setStep] = useState<Step | undefined>(first?.__typename === 'SignedIn' ? undefined : first);
  // With a session, the page shows something else.
  const onResult = (result: LoginResult) => setStep(result.__typename === 'SignedIn' ? undefined : result);
  const onBack = () => setStep(undefined);
  const goTo = (__typename: 'Forgot' | 'Register') => (email: string) => setStep({ __typename, email });
  switch (step?.__typename) {
    case undefined:
      return (
        <PasswordStep notice={notice} onResult={onResult} onForgot={goTo('Forgot')} onRegister={mayRegister ? goTo('Register') : undefined}>
          {children}
        </PasswordStep>
      );
    case 'MfaRequired':
      return <MfaStep challengeToken={step.challengeToken} onResult={onResult} onBack={onBack} />;
    case 'EmailVerificationRequired':
      return <VerificationStep email={step.email} onBack={onBack} />;
    case 'Forgot':
      return <ForgotPasswordForm known={step.email} onBack={onBack} />;
    case 'Register':
      return <Register known={step.email} onResult={onResult} onBack={onBack} />;
    case 'LoginStep':
      return <p>{step.message}</p>;
  }
};

interface PasswordStepProps {
  notice: string | undefined;
  onResult: StepProps['onResult'];
  onForgot: (email: string) => void;
  onRegister: ((email: string) => void) | undefined;
  children: ReactNode;
}

const PasswordStep = ({ notice, onResult, onForgot, onRegister, children }: PasswordStepProps) => {
  const action = useAction();
  const options = useAction();
  const [config, setConfig] = useState<LoginOptionsQuery['authConfig']>();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  useEffect(() => void options.run(async () => setConfig((await auth.request(LoginOptions, {})).authConfig)), []);
  const logIn = async () => {
    const result = await auth.login({ email, password });
    setPassword('');
    onResult(result);
  };
  return (
    <>
      <Form action={action} submit="Sign in" onSubmit={logIn}>
        <Fault>{notice}</Fault>
        {children}
        <Field label="Email address" type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
        <Field
          label="Password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Form>
      <Providers providers={config?.oauthProviders ?? []} />
      <Fault>{options.fault}</Fault>
      <div className="ag-links">
        <button type="button" className="ag-link" onClick={() => onForgot(email)}>
          Forgot the password?
        </button>
        {onRegister && config?.registrationOpen && (
          <button type="button" className="ag-link" onClick={() => onRegister(email)}>
            Create an account
          </button>
        )}
      </div>
    </>
  );
};

/** One button for each provider of the server. */
const Providers = ({ providers }: { providers: LoginOptionsQuery['authConfig']['oauthProviders'] }) => {
  const action = useAction();
  if (providers.length === 0) return null;
  return (
    <div className="ag-buttons">
      {providers.map(({ name, displayName }) => (
        <button
          key={name}
          type="button"
          className="ag-button"
          disabled={action.isRunning}
          onClick={() => void action.run(() => beginOAuth(auth, name, 'LOGIN'))}
        >
          Sign in with {displayName}
        </button>
      ))}
      <Fault>{action.fault}</Fault>
    </div>
  );
};

const MfaStep = ({ challengeToken, onResult, onBack }: StepProps & { challengeToken: string }) => {
  const action = useAction();
  const [code, setCode] = useState('');
  const verify = async () => onResult(await auth.verifyMfa({ challengeToken, code }));
  return (
    <Form action={action} submit="Continue" onSubmit={verify} onCancel={onBack}>
      <p>This account has a second factor.</p>
      <CodeField value={code} onChange={setCode} autoFocus />
    </Form>
  );
};

/** Without a mail server, emails are shown by the server itself. */
export const MailboxHint = () =>
  MODE === 'development' ? (
    <p>
      Without a mail server, emails are in the{' '}
      <a href={MAILBOX} target="_blank" rel="noreferrer">
        mailbox
      </a>
      .
    </p>
  ) : null;

const VerificationStep = ({ email, onBack }: { email: string; onBack: () => void }) => {
  const action = useAction();
  const [isSent, setSent] = useState(false);
  const resend = async () => {
    await auth.request(ResendVerification, { input: { email } });
    setSent(true);
  };
  return (
    <Form action={action} submit="Send the email again" onSubmit={resend} onCancel={onBack}>
      <p>Please verify your email address first. We sent you an email with a link.</p>
      <MailboxHint />
      {isSent && <p role="status">Sent to {email}.</p>}
    </Form>
  );
};

interface EmailFormProps {
  /** The address that the user has typed already. */
  known?: string;
  onBack?: () => void;
}

/** Asks for an email with a link to choose a new password. */
export const ForgotPasswordForm = ({ known = '', onBack }: EmailFormProps) => {
  const action = useAction();
  const [email, setEmail] = useState(known);
  const [sentTo, setSentTo] = useState<string>();
  const send = async () => {
    await auth.request(ForgotPassword, { input: { email } });
    setSentTo(email);
  };
  return (
    <Form action={action} submit="Send a link" onSubmit={send} onCancel={onBack}>
      <p>You get an email with a link to choose a new password.</p>
      <Field label="Email address" type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
      {sentTo !== undefined && (
        <div role="status">
          <p>If {sentTo} has an account, the email is on its way.</p>
          <MailboxHint />
        </div>
      )}
    </Form>
  );
};
