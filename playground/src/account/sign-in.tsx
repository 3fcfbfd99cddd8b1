// Signing in: the password, and whatever the server requires then.
import { useState } from 'react';
import { session } from '../current.ts';
import { useSchema } from '../graphiql/schema.ts';
import { MAILBOX, MODE } from '../page.ts';
import { TOKENS, type SignedIn } from '../session/tokens.ts';
import { CodeField, Fault, Field, Form, useAction } from './action.tsx';

interface MfaRequired {
  __typename: 'MfaRequired';
  message: string;
  challengeToken: string;
}

interface EmailVerificationRequired {
  __typename: 'EmailVerificationRequired';
  message: string;
  email: string;
}

/** Newer servers may have other steps. They have a message. */
type LoginResult = SignedIn | MfaRequired | EmailVerificationRequired | { __typename: 'Other'; message: string };

const RESULT = `{
  __typename
  ...Tokens
  ... on LoginStep { message }
  ... on MfaRequired { challengeToken }
  ... on EmailVerificationRequired { email }
}`;
const LOGIN = `mutation Login($input: LoginInput!) { login(input: $input) ${RESULT} } ${TOKENS}`;
const VERIFY_MFA = `mutation VerifyMfa($input: VerifyMfaInput!) { verifyMfa(input: $input) ${RESULT} } ${TOKENS}`;
const RESEND = `mutation Resend($input: ResendVerificationEmailInput!) { resendVerificationEmail(input: $input) { email } }`;

type Step = Exclude<LoginResult, SignedIn>;
interface StepProps {
  onResult: (result: LoginResult) => void;
  onBack: () => void;
}

export const SignIn = ({ notice }: { notice: string | undefined }) => {
  const [step, setStep] = useState<Step>();
  const onResult = (result: LoginResult) => (result.__typename === 'SignedIn' ? session.signIn(result) : setStep(result));
  const onBack = () => setStep(undefined);
  switch (step?.__typename) {
    case undefined:
      return <PasswordStep notice={notice} onResult={onResult} />;
    case 'MfaRequired':
      return <MfaStep step={step} onResult={onResult} onBack={onBack} />;
    case 'EmailVerificationRequired':
      return <VerificationStep step={step} onBack={onBack} />;
    default:
      return <p>{step?.message}</p>;
  }
};

const PasswordStep = ({ notice, onResult }: { notice: string | undefined; onResult: StepProps['onResult'] }) => {
  const action = useAction();
  const { fault } = useSchema();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const logIn = async () => {
    const input = { email, password, client: { deviceName: 'Playground', tokenDelivery: 'BODY' } };
    const { login } = await session.execute<{ login: LoginResult }>(LOGIN, { input });
    setPassword('');
    onResult(login);
  };
  return (
    <Form action={action} submit="Sign in" onSubmit={logIn}>
      <Fault>{notice}</Fault>
      {fault && <p className="ag-note">This server shows its schema to administrators only. Sign in to read the documentation.</p>}
      <Field label="Email address" type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
      <Field
        label="Password"
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
    </Form>
  );
};

const MfaStep = ({ step, onResult, onBack }: StepProps & { step: MfaRequired }) => {
  const action = useAction();
  const [code, setCode] = useState('');
  const verify = async () => {
    const input = { challengeToken: step.challengeToken, code };
    const { verifyMfa } = await session.execute<{ verifyMfa: LoginResult }>(VERIFY_MFA, { input });
    onResult(verifyMfa);
  };
  return (
    <Form action={action} submit="Continue" onSubmit={verify} onCancel={onBack}>
      <p>{step.message}</p>
      <CodeField value={code} onChange={setCode} autoFocus />
    </Form>
  );
};

const VerificationStep = ({ step, onBack }: { step: EmailVerificationRequired; onBack: () => void }) => {
  const action = useAction();
  const [isSent, setSent] = useState(false);
  const resend = async () => {
    await session.execute(RESEND, { input: { email: step.email } });
    setSent(true);
  };
  return (
    <Form action={action} submit="Send the email again" onSubmit={resend} onCancel={onBack}>
      <p>{step.message}</p>
      {MODE === 'development' && (
        <p>
          Without a mail server, emails are in the <a href={MAILBOX} target="_blank" rel="noreferrer">mailbox</a>.
        </p>
      )}
      {isSent && <p role="status">Sent to {step.email}.</p>}
    </Form>
  );
};
