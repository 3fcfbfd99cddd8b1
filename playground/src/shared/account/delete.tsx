// Deleting the account.
import { useState } from 'react';
import { auth, session } from '../session.ts';
import { Field, Form, useAction } from './action.tsx';
import { Confirmed } from './confirm.tsx';
import { DeleteOwnAccount } from './generated.ts';

export const DeleteAccount = () => {
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  if (!isOpen) {
    return (
      <button type="button" className="ag-button" onClick={() => setOpen(true)}>
        Delete the account
      </button>
    );
  }
  return (
    <Confirmed onCancel={close}>
      <DeleteForm onCancel={close} />
    </Confirmed>
  );
};

const DeleteForm = ({ onCancel }: { onCancel: () => void }) => {
  const action = useAction();
  const [email, setEmail] = useState('');
  const remove = async () => {
    await auth.request(DeleteOwnAccount, { input: { email } });
    // The session is over, and the page hears of it.
    session.check();
  };
  return (
    <Form action={action} submit="Delete my account" isDangerous onSubmit={remove} onCancel={onCancel}>
      <p>All sessions end, and you cannot sign in any more. Type your email address to confirm.</p>
      <Field label="Email address" type="email" autoComplete="off" autoFocus value={email} onChange={(event) => setEmail(event.target.value)} />
    </Form>
  );
};
