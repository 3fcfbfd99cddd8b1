import { useEffect, useState } from 'react';
import { CallButton, CallError, useCall } from '../call.tsx';
import { readToken } from '../calls/refresh.ts';
import { signOut } from '../calls/sign-in.ts';
import { laptop, useDevice } from '../devices.ts';
import { finish } from '../journey.ts';
import { Json } from '../json.tsx';
import { Next } from '../next.tsx';
import { SignIn } from '../sign-in.tsx';

export const SignInStep = () => {
  const { session } = useDevice(laptop);
  const [hasLeft, setLeft] = useState(session === null);
  const isBack = hasLeft && session !== null;
  useEffect(() => {
    if (session === null) setLeft(true);
    if (isBack) finish('sign-in');
  }, [session, isBack]);
  return (
    <>
      <p>
        A wrong password and an unknown address get the same answer after the same time. Five wrong passwords lock the account for a while, and
        the attempts of one address are limited to five in a minute.
      </p>
      {session === null ? <SignIn device={laptop} /> : <In email={session.user.email} isBack={isBack} />}
    </>
  );
};

const In = ({ email, isBack }: { email: string; isBack: boolean }) => {
  const call = useCall();
  const [claims, setClaims] = useState<unknown>();
  useEffect(() => void readToken(laptop.auth).then((token) => setClaims(token && claimsOf(token.value))), []);
  return (
    <>
      <p className="ag-note demo-success" role="status">
        {isBack ? `${email} is signed in on the Laptop.` : `Registering has signed ${email} in on the Laptop. Sign out to sign in with the password.`}
      </p>
      <div className="ag-buttons">
        {isBack && (
          <Next to="second-factor">
            Turn on a second factor
          </Next>
        )}
        <CallButton call={call} isSecond={isBack} onClick={() => signOut(laptop.auth)}>
          Sign out
        </CallButton>
      </div>
      <CallError call={call} />
      <h3>What the access token says</h3>
      <p>Your own servers check its signature with the keys at /.well-known/jwks.json (RFC 7519, RFC 7517). It holds no secret.</p>
      {claims !== undefined && <Json value={claims} />}
    </>
  );
};

/** The claims of a JWT, without a check of its signature: that is for servers. */
const claimsOf = (token: string): unknown => JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
