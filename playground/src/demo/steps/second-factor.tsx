import { useState } from 'react';
import { AuthError } from '../../client/index.ts';
import { CodeField } from '../../shared/account/action.tsx';
import { QrCode } from '../../shared/qr.tsx';
import { Authenticator } from '../authenticator.tsx';
import { CallButton, CallError, CallForm, Success, useCall } from '../call.tsx';
import { confirmEnrollment, confirmIdentity, startEnrollment } from '../calls/second-factor.ts';
import { laptop } from '../devices.ts';
import { finish, keepSecret, secrets } from '../journey.ts';
import { Next } from '../next.tsx';
import { PasswordField, SignedIn } from '../sign-in.tsx';
import { counterAt } from '../totp.ts';

type Enrollment = Awaited<ReturnType<typeof startEnrollment>>;

export const SecondFactor = () => {
  const call = useCall();
  const [enrollment, setEnrollment] = useState<Enrollment>();
  const [codes, setCodes] = useState<readonly string[]>();
  const start = async () => {
    const started = await startEnrollment(laptop.auth);
    setEnrollment(started);
    keepSecret({ totpSecret: started.secret, usedCounter: 0 });
  };
  const needsProof = call.error instanceof AuthError && call.error.code === 'REAUTHENTICATION_REQUIRED';
  if (codes) return <Codes codes={codes} />;
  return (
    <>
      <p>
        With a second factor a stolen password is not enough. The secret goes into an authenticator app, which computes six digits from it and
        the time (RFC 6238).
      </p>
      <SignedIn device={laptop}>
        {enrollment ? (
          <Confirm enrollment={enrollment} onCodes={setCodes} />
        ) : needsProof ? (
          <Prove onProved={() => call.run(start)} />
        ) : (
          <>
            <CallButton call={call} onClick={start}>
              Show the QR code
            </CallButton>
            <CallError call={call} />
          </>
        )}
      </SignedIn>
    </>
  );
};

const Prove = ({ onProved }: { onProved: () => Promise<void> }) => {
  const call = useCall();
  const [password, setPassword] = useState(secrets.get().password);
  const send = async () => {
    await confirmIdentity(laptop.auth, password);
    await onProved();
  };
  return (
    <CallForm call={call} submit="Confirm" onSubmit={send}>
      <p>The sign-in was more than ten minutes ago. Please confirm that it is still you.</p>
      <PasswordField label="Password" value={password} onChange={setPassword} />
    </CallForm>
  );
};

const Confirm = ({ enrollment, onCodes }: { enrollment: Enrollment; onCodes: (codes: readonly string[]) => void }) => {
  const call = useCall();
  const [code, setCode] = useState('');
  const send = async () => {
    const counter = counterAt(Date.now());
    onCodes(await confirmEnrollment(laptop.auth, code));
    keepSecret({ usedCounter: counter });
    finish('second-factor');
  };
  return (
    <CallForm call={call} submit="Turn on" onSubmit={send}>
      <div className="demo-pair">
        <div>
          <p>Scan it with your phone, or use the app beside it.</p>
          <QrCode text={enrollment.otpauthUri} label="QR code for an authenticator app" />
          <code className="ag-secret">{enrollment.secret}</code>
        </div>
        <Authenticator onUse={setCode} />
      </div>
      <CodeField label="Six-digit code of the app" value={code} onChange={setCode} />
    </CallForm>
  );
};

const Codes = ({ codes }: { codes: readonly string[] }) => (
  <>
    <Success>The second factor is on.</Success>
    <p>Each of these backup codes signs the user in once without the app. The server keeps their hashes only, so it cannot show them again.</p>
    <ul className="ag-codes" aria-label="Backup codes">
      {codes.map((code) => (
        <li key={code}>
          <code>{code}</code>
        </li>
      ))}
    </ul>
    <Next to="sessions">
      Sign in on two devices
    </Next>
  </>
);
