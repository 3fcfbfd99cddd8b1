// The dialog in front of each action on a user.
import { useState } from 'react';
import { Field } from '../../shared/account/action.tsx';
import { auth } from '../../shared/session.ts';
import { EditUser, LockUser, type Role, type UserRowFragment } from '../generated.ts';
import { ActionDialog } from '../parts/dialog.tsx';
import { Moment, Select } from '../parts/fields.tsx';
import { when } from '../parts/words.tsx';
import { EDIT, LOCK, type UserAction } from './actions.ts';

/** A user to change; lists do not read the language. */
export type Editable = UserRowFragment & { readonly locale?: string | null };

interface UserActionDialogProps {
  action: UserAction;
  user: Editable;
  isOwn: boolean;
  onDone: () => void;
  onClose: () => void;
}

export const UserActionDialog = ({ action, ...props }: UserActionDialogProps) => {
  const { user, onDone, onClose } = props;
  if (action === EDIT) return <Edit {...props} />;
  if (action === LOCK) return <Lock {...props} />;
  const run = action.run ?? (() => Promise.resolve(''));
  return (
    <ActionDialog title={`${action.label}: ${user.email}`} submit={action.label} run={() => run(user)} onDone={onDone} onClose={onClose}>
      <p>{action.meaning}</p>
    </ActionDialog>
  );
};

type FormProps = Omit<UserActionDialogProps, 'action'>;

const HOUR_MS = 3_600_000;
const DURATIONS = [
  ['', 'Until I unlock it'],
  [String(HOUR_MS), 'For an hour'],
  [String(24 * HOUR_MS), 'For a day'],
  [String(7 * 24 * HOUR_MS), 'For a week'],
  ['date', 'Until a date'],
] as const;

const Lock = ({ user, onDone, onClose }: FormProps) => {
  const [duration, setDuration] = useState<string>('');
  const [date, setDate] = useState('');
  const run = async () => {
    const until = duration === 'date' ? date : duration && new Date(Date.now() + Number(duration)).toISOString();
    await auth.request(LockUser, { input: { userId: user.id, until: until || null } });
    return until ? `${user.email} is locked until ${when(until)}.` : `${user.email} is locked.`;
  };
  return (
    <ActionDialog title={`Lock: ${user.email}`} submit="Lock" run={run} onDone={onDone} onClose={onClose}>
      <p>{LOCK.meaning}</p>
      <Select label="How long" value={duration} options={DURATIONS} onChange={setDuration} />
      {duration === 'date' && <Moment label="Locked until" value={date} onChange={setDate} isRequired />}
    </ActionDialog>
  );
};

const ROLES = [
  ['USER', 'User'],
  ['ADMIN', 'Administrator'],
] as const;

const Edit = ({ user, isOwn, onDone, onClose }: FormProps) => {
  const [name, setName] = useState(user.name ?? '');
  const [locale, setLocale] = useState(user.locale ?? '');
  const [role, setRole] = useState<Role>(user.role);
  const run = async () => {
    const changes = {
      ...(name !== (user.name ?? '') && { name: name.trim() || null }),
      ...(user.locale !== undefined && locale !== (user.locale ?? '') && { locale: locale.trim() || null }),
      ...(role !== user.role && { role }),
    };
    await auth.request(EditUser, { input: { userId: user.id, ...changes } });
    return `${user.email} is changed.`;
  };
  return (
    <ActionDialog title={`Edit: ${user.email}`} submit="Save" run={run} onDone={onDone} onClose={onClose}>
      <Field label="Name" required={false} maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
      {user.locale !== undefined && (
        <Field label="Language, such as en or pt-BR" required={false} value={locale} onChange={(event) => setLocale(event.target.value)} />
      )}
      {isOwn ? <p className="ag-weak">Nobody changes their own role.</p> : <Select label="Role" value={role} options={ROLES} onChange={setRole} />}
    </ActionDialog>
  );
};
