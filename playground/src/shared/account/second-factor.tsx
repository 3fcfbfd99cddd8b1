// The second factor: whether it is on, and setting it up.
import { useEffect, useState } from 'react';
import { QrCode } from '../qr.tsx';
import { auth } from '../session.ts';
import { CodeField, CopyButton, Fault, Form, useAction } from './action.tsx';
import { Confirmed } from './confirm.tsx';
import { FinishSecondFactor, OwnSecondFactor, StartSecondFactor } from './generated.ts';

interface Enrollment {
  secret: string;
  otpauthUri: string;
}

export const SecondFactor = () => {
  const action = useAction();
  const [mfa, setMfa] = useState<{ enabled: boolean; backupCodesRemaining: number }>();
  const [isOpen, setOpen] = useState(false);
  const [codes, setCodes] = useState<readonly string[]>();
  const read = async () => setMfa((await auth.request(OwnSecondFactor, {})).me.mfa);
  useEffect(() => void action.run(read), []);
  if (codes) {
    const done = () => {
      setCodes(undefined);
      setOpen(false);
      void action.run(read);
    };
    return <BackupCodes codes={codes} onDone={done} />;
  }
  if (!mfa) return action.fault ? <Fault>{action.fault}</Fault> : <p>One moment …</p>;
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
      <button type="button" className="ag-button" onClick={() => setOpen(true)}>
        Set up an authenticator app
      </button>
    </>
  );
};

interface EnrollProps {
  onCodes: (codes: readonly string[]) => void;
  onCancel: () => void;
}

const Enroll = ({ onCodes, onCancel }: EnrollProps) => {
  const action = useAction();
  const [enrollment, setEnrollment] = useState<Enrollment>();
  const [code, setCode] = useState('');
  const start = async () => {
    setEnrollment((await auth.request(StartSecondFactor, {})).startMfaEnrollment);
  };
  useEffect(() => void action.run(start), []);
  if (!enrollment) return action.fault ? <Fault>{action.fault}</Fault> : <p>One moment …</p>;

  const finish = async () => {
    onCodes((await auth.request(FinishSecondFactor, { input: { code } })).confirmMfaEnrollment.backupCodes);
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

const BackupCodes = ({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) => (
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
      <button type="button" className="ag-button ag-primary" onClick={onDone}>
        I have kept them
      </button>
    </div>
  </>
);
