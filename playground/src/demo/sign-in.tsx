// Signing a device in, wherever a step needs it.
import { useState, type ReactNode } from 'react';
import type { LoginResult } from '../client/index.ts';
import { CodeField, Field } from '../shared/account/action.tsx';
import { Authenticator } from './authenticator.tsx';
import { CallForm, useCall } from './call.tsx';
import { enterCode, signIn } from './calls/sign-in.ts';
import { useDevice, type Device } from './devices.ts';
import { beginWith, keepSecret, useJourney, useSecrets } from './journey.ts';
import { counterAt } from './totp.ts';

type Answer = Exclude<LoginResult, { readonly __typename: 'SignedIn' }>;

/** Shows its children once the device is signed in. */
export const SignedIn = ({ device, children }: { device: Device; children: ReactNode }) =>
  useDevice(device).session ? children : <SignIn device={device} />;

export const SignIn = ({ device }: { device: Device }) => {
  const { email: known } = useJourney();
  const { password: invented } = useSecrets();
  const call = useCall();
  const [email, setEmail] = useState(known ?? '');
  const [password, setPassword] = useState(invented);
  const [answer, setAnswer] = useState<Answer>();
  const take = (result: LoginResult) => setAnswer(result.__typename === 'SignedIn' ? undefined : result);

  if (answer?.__typename === 'MfaRequired') return <SecondStep device={device} challenge={answer.challengeToken} onResult={take} />;
  const send = async () => {
    take(await signIn(device.auth, email, password));
    beginWith(email);
    keepSecret({ password });
  };
  return (
    <CallForm call={call} submit={`Sign in on the ${device.name}`} onSubmit={send}>
      <Field label="Email address" type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
      <PasswordField label="Password" value={password} onChange={setPassword} />
      {answer && (
        <p className="ag-note" role="status">
          {answer.__typename === 'LoginStep' ? answer.message : 'This server wants the address to be verified first: go back to step 3.'}
        </p>
      )}
    </CallForm>
  );
};

interface SecondStepProps {
  readonly device: Device;
  readonly challenge: string;
  readonly onResult: (result: LoginResult) => void;
}

export const SecondStep = ({ device, challenge, onResult }: SecondStepProps) => {
  const call = useCall();
  const [code, setCode] = useState('');
  const send = async () => {
    const counter = counterAt(Date.now());
    onResult(await enterCode(device.auth, challenge, code));
    keepSecret({ usedCounter: counter });
  };
  return (
    <CallForm call={call} submit="Continue" onSubmit={send}>
      <p>
        The password is right. The account has a second factor, so the answer is <code>MfaRequired</code>.
      </p>
      <Authenticator onUse={setCode} />
      <CodeField value={code} onChange={setCode} />
    </CallForm>
  );
};

/** Its text can be read, because this is a demo. */
export const PasswordField = ({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) => (
  <Field label={label} type="text" autoComplete="off" value={value} onChange={(event) => onChange(event.target.value)} />
);
