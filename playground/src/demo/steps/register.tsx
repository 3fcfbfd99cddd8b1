import { useState } from 'react';
import { Field } from '../../shared/account/action.tsx';
import { CallForm, Success, useCall } from '../call.tsx';
import { register } from '../calls/register.ts';
import { laptop } from '../devices.ts';
import { beginWith, finish, inventPassword, keepSecret, useJourney } from '../journey.ts';
import { Next } from '../next.tsx';
import { PasswordField } from '../sign-in.tsx';

export const Register = () => {
  const call = useCall();
  const { email: registered } = useJourney();
  const [email, setEmail] = useState(`demo-${crypto.randomUUID().slice(0, 6)}@example.com`);
  const [password, setPassword] = useState(inventPassword);
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const send = async () => {
    const result = await register(laptop.auth, { email, password, idempotencyKey });
    beginWith(result.__typename === 'EmailVerificationRequired' ? result.email : email);
    keepSecret({ password });
    finish('register');
  };
  if (registered !== null) {
    return (
      <>
        <Success>
          <strong>{registered}</strong> has an account. An email to verify the address is on its way.
        </Success>
        <Next to="email">
          Read the email
        </Next>
      </>
    );
  }
  return (
    <>
      <p>
        Create an account. The answer also signs the user in, unless the server is set to require a verified address first. Everything here is
        invented; change it if you like.
      </p>
      <CallForm call={call} submit="Register" onSubmit={send}>
        <Field label="Email address" type="email" autoComplete="off" value={email} onChange={(event) => setEmail(event.target.value)} />
        <PasswordField label="Password" value={password} onChange={setPassword} />
      </CallForm>
    </>
  );
};
