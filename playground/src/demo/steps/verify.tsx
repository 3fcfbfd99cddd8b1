import { useState } from 'react';
import { Field } from '../../shared/account/action.tsx';
import { CallForm, Success, useCall } from '../call.tsx';
import { verifyEmail } from '../calls/verify.ts';
import { laptop } from '../devices.ts';
import { finish, useSecrets } from '../journey.ts';
import { tokenIn } from '../mailbox.tsx';
import { Next } from '../next.tsx';

export const Verify = () => {
  const call = useCall();
  const { mail } = useSecrets();
  const [typed, setTyped] = useState<string>();
  const [verified, setVerified] = useState<string>();
  const token = typed ?? tokenIn(mail, 'verify-email');
  const send = async () => {
    setVerified((await verifyEmail(laptop.auth, token)).verifyEmail.email);
    finish('verify');
  };
  return (
    <>
      <p>
        This is the page behind the link. Mail scanners open links, too, so opening it changes nothing: the page calls a mutation when the
        person presses the button.
      </p>
      <CallForm call={call} submit="Verify the address" onSubmit={send}>
        <Field label="Token from the link" autoComplete="off" value={token} onChange={(event) => setTyped(event.target.value)} />
      </CallForm>
      {verified !== undefined && (
        <>
          <Success>{verified} is verified. The same token works for another minute, in case the answer was lost.</Success>
          <Next to="sign-in">
            Sign in
          </Next>
        </>
      )}
    </>
  );
};
