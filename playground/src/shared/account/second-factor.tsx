// The second factor: setting it up, new backup codes, and turning it off.
import { useEffect, useState } from 'react';
import { QrCode } from '../qr.tsx';
import { auth } from '../session.ts';
import { CodeField, CopyButton, Fault, Field, Form, Outcome, useAction } from './action.tsx';
import { Confirmed } from './confirm.tsx';
import {
  FinishSecondFactor,
  NewBackupCodes,
  OwnSecondFactor,
  StartSecondFactor,
  TurnSecondFactorOff,
  type OwnSecondFactorQuery,
} from './generated.ts';

interface Enrollment {
  secret: string;
  otpauthUri: string;
}

export const SecondFactor = () => {
  const action = useAction();
  const [me, setMe] = useState<OwnSecondFactorQuery['me']>();
  const [open, setOpen] = useState<'on' | 'off' | 'codes'>();
  const [codes, setCodes] = useState<readonly string[]>();
  const read = async () => setMe((await auth.request(OwnSecondFactor, {})).me);
  useEffect(() => void action.run(read), []);
  const close = () => setOpen(undefined);
  if (codes) {
    const done = () => {
      setCodes(undefined);
      close();
      void action.run(read);
    };
    return <BackupCodes codes={codes} onDone={done} />;
  }
  if (!me) return action.fault ? <Fault>{action.fault}</Fault> : <p>One moment …</p>;
  if (open) {
    const off = async () => {
      await read();
      close();
    };
    return (
      <Confirmed onCancel={close}>
        {open === 'on' && <Enroll onCodes={setCodes} onCancel={close} />}
        {open === 'codes' && <ReplaceCodes onCodes={setCodes} onCancel={close} />}
        {open === 'off' && <TurnOff hasPassword={me.hasPassword} onDone={off} onCancel={close} />}
      </Confirmed>
    );
  }
  if (me.mfa.enabled) {
    return (
      <>
        <p>On. {me.mfa.backupCodesRemaining} backup codes are left.</p>
        <div className="ag-buttons">
          <button type="button" className="ag-button" onClick={() => setOpen('codes')}>
            Make new backup codes
          </button>
          <button type="button" className="ag-button" onClick={() => setOpen('off')}>
            Turn off
          </button>
        </div>
      </>
    );
  }
  return (
    <>
      <p>Off. With a second factor a stolen password is not enough.</p>
      <button type="button" className="ag-button" onClick={() => setOpen('on')}>
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

const ReplaceCodes = ({ onCodes, onCancel }: EnrollProps) => {
  const action = useAction();
  const [code, setCode] = useState('');
  const replace = async () => {
    onCodes((await auth.request(NewBackupCodes, { input: { code } })).regenerateBackupCodes.backupCodes);
  };
  return (
    <Form action={action} submit="Make new codes" onSubmit={replace} onCancel={onCancel}>
      <p>The old backup codes stop working.</p>
      <CodeField value={code} onChange={setCode} autoFocus />
    </Form>
  );
};

interface TurnOffProps {
  hasPassword: boolean;
  onDone: () => Promise<void>;
  onCancel: () => void;
}

const TurnOff = ({ hasPassword, onDone, onCancel }: TurnOffProps) => {
  const action = useAction();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const turnOff = async () => {
    await auth.request(TurnSecondFactorOff, { input: { code, ...(hasPassword && { password }) } });
    await onDone();
  };
  return (
    <Form action={action} submit="Turn off" isDangerous onSubmit={turnOff} onCancel={onCancel}>
      <p>After this, the first step is enough to sign in.</p>
      {hasPassword && (
        <Field
          label="Password"
          type="password"
          autoComplete="current-password"
          autoFocus
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      )}
      <CodeField value={code} onChange={setCode} />
    </Form>
  );
};

const BackupCodes = ({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) => (
  <>
    <Outcome>The second factor is on. Each of these codes signs you in once without the app. They are shown only now.</Outcome>
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
