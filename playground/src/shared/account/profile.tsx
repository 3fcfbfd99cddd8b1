// Who the user is: name and email address.
import { useState } from 'react';
import { auth } from '../session.ts';
import { Field, Form, Outcome, useAction } from './action.tsx';
import { Confirmed } from './confirm.tsx';
import { ChangeEmail, ChangeName, ResendVerification, type OwnAccountQuery } from './generated.ts';
import { MailboxHint } from './sign-in.tsx';

interface ProfileProps {
  me: OwnAccountQuery['me'];
  onChange: () => Promise<void>;
}

export const Profile = ({ me, onChange }: ProfileProps) => {
  const [open, setOpen] = useState<'name' | 'email'>();
  const close = () => setOpen(undefined);
  const done = async () => {
    await onChange();
    close();
  };
  if (open === 'name') return <NameForm name={me.name ?? ''} onDone={done} onCancel={close} />;
  if (open === 'email') {
    return (
      <Confirmed onCancel={close}>
        <EmailForm onChange={onChange} onCancel={close} />
      </Confirmed>
    );
  }
  return (
    <>
      <dl className="ag-facts">
        <dt>Name</dt>
        <dd>{me.name ?? 'Not given'}</dd>
        <dt>Email address</dt>
        <dd>
          {me.email} <span className="ag-badge">{me.emailVerified ? 'verified' : 'not verified'}</span>
          {me.pendingEmail && <small>{me.pendingEmail} has not been confirmed yet.</small>}
        </dd>
      </dl>
      <div className="ag-buttons">
        <button type="button" className="ag-button" onClick={() => setOpen('name')}>
          Change the name
        </button>
        <button type="button" className="ag-button" onClick={() => setOpen('email')}>
          Change the email address
        </button>
      </div>
      {!me.emailVerified && <Verification email={me.email} />}
    </>
  );
};

const Verification = ({ email }: { email: string }) => {
  const action = useAction();
  const [isSent, setSent] = useState(false);
  if (isSent) {
    return (
      <Outcome>
        <p>We sent an email with a link to {email}.</p>
        <MailboxHint />
      </Outcome>
    );
  }
  const send = async () => {
    await auth.request(ResendVerification, { input: { email } });
    setSent(true);
  };
  return (
    <Form action={action} submit="Send a verification email" onSubmit={send}>
      <p>This address is not verified yet.</p>
    </Form>
  );
};

const NameForm = ({ name, onDone, onCancel }: { name: string; onDone: () => Promise<void>; onCancel: () => void }) => {
  const action = useAction();
  const [typed, setTyped] = useState(name);
  const save = async () => {
    await auth.request(ChangeName, { input: { name: typed.trim() || null } });
    await onDone();
  };
  return (
    <Form action={action} submit="Save" onSubmit={save} onCancel={onCancel}>
      <Field label="Name" required={false} maxLength={80} autoComplete="name" autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} />
    </Form>
  );
};

const EmailForm = ({ onChange, onCancel }: { onChange: () => Promise<void>; onCancel: () => void }) => {
  const action = useAction();
  const [newEmail, setNewEmail] = useState('');
  const [sentTo, setSentTo] = useState<string>();
  const ask = async () => {
    await auth.request(ChangeEmail, { input: { newEmail } });
    setSentTo(newEmail);
    await onChange();
  };
  if (sentTo !== undefined) {
    return (
      <Outcome>
        <p>We sent an email with a link to {sentTo}. The address changes when you have opened the link.</p>
        <MailboxHint />
        <button type="button" className="ag-button" onClick={onCancel}>
          Back
        </button>
      </Outcome>
    );
  }
  return (
    <Form action={action} submit="Send a link" onSubmit={ask} onCancel={onCancel}>
      <Field label="New email address" type="email" autoComplete="email" autoFocus value={newEmail} onChange={(event) => setNewEmail(event.target.value)} />
    </Form>
  );
};
