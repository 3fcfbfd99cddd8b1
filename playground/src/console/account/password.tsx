import { useState } from 'react';
import { Field } from '../../shared/account/action.tsx';
import { auth } from '../../shared/session.ts';
import { ChangeOwnPassword } from '../generated.ts';
import { ActionDialog } from '../parts/dialog.tsx';

export const Password = () => {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <p>All other sessions end when it changes.</p>
      <button type="button" className="ag-button" onClick={() => setOpen(true)}>
        Change the password
      </button>
      {isOpen && <ChangePassword onClose={() => setOpen(false)} />}
    </>
  );
};

const ChangePassword = ({ onClose }: { onClose: () => void }) => {
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const run = async () => {
    const { changePassword } = await auth.request(ChangeOwnPassword, { input: { currentPassword, newPassword } });
    const { endedSessionCount: ended } = changePassword;
    return `The password is changed. ${ended === 0 ? 'There were no other sessions.' : `Other sessions that ended: ${ended}.`}`;
  };
  return (
    <ActionDialog title="Change your password" submit="Change" run={run} onDone={() => undefined} onClose={onClose}>
      <Field
        label="Current password"
        type="password"
        autoComplete="current-password"
        value={currentPassword}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <Field
        label="New password"
        type="password"
        autoComplete="new-password"
        value={newPassword}
        onChange={(event) => setNew(event.target.value)}
      />
    </ActionDialog>
  );
};
