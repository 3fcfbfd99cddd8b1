import { useState } from 'react';
import { Field } from '../../shared/account/action.tsx';
import { MailboxHint } from '../../shared/account/sign-in.tsx';
import { auth } from '../../shared/session.ts';
import { InviteUser, type Role } from '../generated.ts';
import { ActionDialog } from '../parts/dialog.tsx';
import { Select } from '../parts/fields.tsx';

const ROLES = [
  ['USER', 'User'],
  ['ADMIN', 'Administrator'],
] as const;

export const Invitation = ({ onDone, onClose }: { onDone: () => void; onClose: () => void }) => {
  // If the answer is lost, the same attempt invites nobody twice.
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [locale, setLocale] = useState('');
  const [role, setRole] = useState<Role>('USER');
  const run = async () => {
    const input = { email, name: name.trim() || null, locale: locale.trim() || null, role, idempotencyKey };
    const { user } = (await auth.request(InviteUser, { input })).createUser;
    return `${user.email} is invited.`;
  };
  return (
    <ActionDialog title="Invite a user" submit="Invite" run={run} onDone={onDone} onClose={onClose}>
      <p>The user gets an email with a link to choose a password. Accepting it also verifies the address.</p>
      <MailboxHint />
      <Field label="Email address" type="email" autoComplete="off" value={email} onChange={(event) => setEmail(event.target.value)} />
      <Field label="Name" required={false} maxLength={80} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
      <Field label="Language, such as en or pt-BR" required={false} value={locale} onChange={(event) => setLocale(event.target.value)} />
      <Select label="Role" value={role} options={ROLES} onChange={setRole} />
    </ActionDialog>
  );
};
