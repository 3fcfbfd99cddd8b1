// Opening an account.
import { useState } from 'react';
import type { LoginResult } from '../../client/index.ts';
import { auth } from '../session.ts';
import { Field, Form, useAction } from './action.tsx';
import { NewPassword } from './new-password.tsx';

interface RegisterProps {
  /** The address that the user has typed already. */
  known: string;
  onResult: (result: LoginResult) => void;
  onBack: () => void;
}

export const Register = ({ known, onResult, onBack }: RegisterProps) => {
  const action = useAction();
  const [email, setEmail] = useState(known);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  // If the answer is lost, the same attempt may be repeated.
  const [idempotencyKey] = useState(() => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join('-'));
  const register = async () => onResult(await auth.register({ email, password, name: name.trim() || null, idempotencyKey }));
  return (
    <Form action={action} submit="Create the account" onSubmit={register} onCancel={onBack}>
      <Field label="Email address" type="email" autoComplete="username" autoFocus value={email} onChange={(event) => setEmail(event.target.value)} />
      <Field label="Name (optional)" required={false} maxLength={80} autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />
      <NewPassword label="Password" action={action} value={password} onChange={setPassword} />
    </Form>
  );
};
