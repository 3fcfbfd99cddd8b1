// The password: changing it, or setting the first one.
import { useState } from 'react';
import { auth } from '../session.ts';
import { Field, Form, Outcome, useAction } from './action.tsx';
import { Confirmed } from './confirm.tsx';
import { FirstPassword, ReplacePassword } from './generated.ts';
import { NewPassword } from './new-password.tsx';

interface PasswordProps {
  hasPassword: boolean;
  onChange: () => Promise<void>;
}

export const ChangePassword = ({ hasPassword, onChange }: PasswordProps) => {
  const [isOpen, setOpen] = useState(false);
  const [ended, setEnded] = useState<number>();
  const close = () => setOpen(false);
  const done = async (count: number) => {
    setEnded(count);
    close();
    await onChange();
  };
  if (isOpen) {
    return (
      <Confirmed onCancel={close}>
        <PasswordForm hasPassword={hasPassword} onDone={done} onCancel={close} />
      </Confirmed>
    );
  }
  return (
    <>
      {ended !== undefined && <Outcome>The new password is set. Other sessions that ended: {ended}.</Outcome>}
      {!hasPassword && <p>You have no password: you sign in with a provider.</p>}
      <button type="button" className="ag-button" onClick={() => setOpen(true)}>
        {hasPassword ? 'Change the password' : 'Set a password'}
      </button>
    </>
  );
};

interface PasswordFormProps {
  hasPassword: boolean;
  onDone: (endedSessions: number) => Promise<void>;
  onCancel: () => void;
}

const PasswordForm = ({ hasPassword, onDone, onCancel }: PasswordFormProps) => {
  const action = useAction();
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const save = async () => {
    const changed = hasPassword
      ? (await auth.request(ReplacePassword, { input: { currentPassword, newPassword } })).changePassword
      : (await auth.request(FirstPassword, { input: { newPassword } })).setPassword;
    await onDone(changed.endedSessionCount);
  };
  return (
    <Form action={action} submit="Save" onSubmit={save} onCancel={onCancel}>
      {hasPassword && (
        <Field
          label="Current password"
          type="password"
          autoComplete="current-password"
          autoFocus
          value={currentPassword}
          onChange={(event) => setCurrent(event.target.value)}
        />
      )}
      <NewPassword action={action} value={newPassword} onChange={setNew} />
      <p>All your other sessions end.</p>
    </Form>
  );
};
