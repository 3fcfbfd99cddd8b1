import { useEffect, useState } from 'react';
import { CallButton, CallError, CallForm, Success, useCall } from '../call.tsx';
import { requestReset, resetPassword } from '../calls/reset.ts';
import { DeviceCard } from '../device-card.tsx';
import { laptop, phone, useDevice } from '../devices.ts';
import { finish, inventPassword, keepSecret, secrets } from '../journey.ts';
import { Field } from '../../shared/account/action.tsx';
import { Mail, mailBefore, tokenIn } from '../mailbox.tsx';
import { Next } from '../next.tsx';
import { PasswordField, SignIn } from '../sign-in.tsx';

type Stage = 'begin' | 'sent' | 'changed';

export const Reset = ({ email }: { email: string }) => {
  const call = useCall();
  const [stage, setStage] = useState<Stage>('begin');
  const [before, setBefore] = useState<string | null>(null);
  const request = async () => {
    setBefore(mailBefore());
    await requestReset(laptop.auth, email);
    setStage('sent');
  };
  return (
    <>
      <p>For a user who has forgotten the password. A new password ends all sessions, because a person who knew the old one may be signed in.</p>
      <div className="demo-pair">
        <DeviceCard device={laptop} />
        <DeviceCard device={phone} />
      </div>
      {stage === 'begin' && (
        <CallButton call={call} onClick={request}>
          Send me a link
        </CallButton>
      )}
      <CallError call={call} />
      {stage === 'sent' && <NewPassword email={email} before={before} onChanged={() => setStage('changed')} />}
      {stage === 'changed' && <Changed />}
    </>
  );
};

const NewPassword = ({ email, before, onChanged }: { email: string; before: string | null; onChanged: () => void }) => {
  const call = useCall();
  const [token, setToken] = useState('');
  const [password, setPassword] = useState(inventPassword);
  const send = async () => {
    await resetPassword(laptop.auth, token, password);
    keepSecret({ password, mail: secrets.get().mail });
    onChanged();
  };
  return (
    <>
      <Mail to={email} wanted={/reset-password/} before={before} onMail={(mail) => setToken(tokenIn(mail, 'reset-password'))} />
      <CallForm call={call} submit="Set the new password" onSubmit={send}>
        <Field label="Token from the link" autoComplete="off" value={token} onChange={(event) => setToken(event.target.value)} />
        <PasswordField label="New password" value={password} onChange={setPassword} />
      </CallForm>
    </>
  );
};

const Changed = () => {
  const { session } = useDevice(laptop);
  useEffect(() => {
    if (session) finish('reset');
  }, [session]);
  if (!session) {
    return (
      <>
        <Success>The password is new, and all sessions have ended. The second factor is still on.</Success>
        <SignIn device={laptop} />
      </>
    );
  }
  return (
    <>
      <Success>The Laptop is signed in with the new password.</Success>
      <Next to="provider">Sign in with a provider</Next>
    </>
  );
};
