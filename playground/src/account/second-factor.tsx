// The second factor: whether it is on, and setting it up.
import { useEffect, useState } from 'react';
import { session } from '../current.ts';
import { QrCode } from '../qr.tsx';
import type { Account } from '../session/tokens.ts';
import { CodeField, CopyButton, Fault, Form, useAction } from './action.tsx';
import { Confirmed } from './confirm.tsx';

const START = 'mutation { startMfaEnrollment { secret otpauthUri } }';
const FINISH = 'mutation Confirm($input: ConfirmMfaEnrollmentInput!) { confirmMfaEnrollment(input: $input) { backupCodes } }';

interface Enrollment {
  secret: string;
  otpauthUri: string;
}

export const SecondFactor = ({ mfa }: { mfa: Account['mfa'] }) => {
  const [isOpen, setOpen] = useState(false);
  const [codes, setCodes] = useState<string[]>();
  if (codes) {
    const done = () => {
      setCodes(undefined);
      setOpen(false);
    };
    return <BackupCodes codes={codes} onDone={done} />;
  }
  if (mfa.enabled) return <p>On. {mfa.backupCodesRemaining} backup codes are left.</p>;
  if (isOpen) {
    const close = () => setOpen(false);
    return (
      <Confirmed onCancel={close}>
        <Enroll onCodes={setCodes} onCancel={close} />
      </Confirmed>
    );
  }
  return (
    <>
      <p>Off. With a second factor a stolen password is not enough.</p>
      <button type="button" className="graphiql-button" onClick={() => setOpen(true)}>
        Set up an authenticator app
      </button>
    </>
  );
};

interface EnrollProps {
  onCodes: (codes: string[]) => void;
  onCancel: () => void;
}

const Enroll = ({ onCodes, onCancel }: EnrollProps) => {
  const action = useAction();
  const [enrollment, setEnrollment] = useState<Enrollment>();
  const [code, setCode] = useState('');
  const start = async () => {
    const { startMfaEnrollment } = await session.execute<{ startMfaEnrollment: Enrollment }>(START);
    setEnrollment(startMfaEnrollment);
  };
  useEffect(() => void action.run(start), []);
  if (!enrollment) return action.fault ? <Fault>{action.fault}</Fault> : <p>One moment …</p>;

  const finish = async () => {
    const { confirmMfaEnrollment } = await session.execute<{ confirmMfaEnrollment: { backupCodes: string[] } }>(FINISH, { input: { code } });
    onCodes(confirmMfaEnrollment.backupCodes);
    await session.reload();
  };
  return (
    <Form action={action} submit="Turn on" onSubmit={finish} onCancel={onCancel}>
      <p>Scan the code with an authenticator app, or type the secret into it.</p>
      <QrCode text={enrollment.otpauthUri} label="QR code for an authenticator app" />
      <code className="ag-secret">{enrollment.secret}</code>
      <CodeField label="Six-digit code that the app shows" value={code} onChange={setCode} autoFocus />
    </Form>
  );
};

const BackupCodes = ({ codes, onDone }: { codes: string[]; onDone: () => void }) => (
  <>
    <p>The second factor is on. Each of these codes signs you in once without the app. They are shown only now.</p>
    <ul className="ag-codes" aria-label="Backup codes">
      {codes.map((code) => (
        <li key={code}>
          <code>{code}</code>
        </li>
      ))}
    </ul>
    <div className="ag-buttons">
      <CopyButton text={codes.join('\n')}>Copy the codes</CopyButton>
      <button type="button" className="graphiql-button ag-primary" onClick={onDone}>
        I have kept them
      </button>
    </div>
  </>
);
