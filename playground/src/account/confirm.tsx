// "Confirm that it is you", in front of what the server allows only for a while after signing in.
import { useEffect, useState, type ReactNode } from 'react';
import { session } from '../current.ts';
import { CodeField, Field, Form, useAction } from './action.tsx';

const METHODS = '{ session { recentAuthUntil reauthenticationMethods } }';
const CONFIRM = 'mutation Reauthenticate($input: ReauthenticateInput!) { reauthenticate(input: $input) { session { recentAuthUntil } } }';

interface Methods {
  session: { recentAuthUntil: string | null; reauthenticationMethods: string[] };
}

interface ConfirmedProps {
  onCancel: () => void;
  children: ReactNode;
}

/** Shows its children once the identity of the user is confirmed. */
export const Confirmed = ({ onCancel, children }: ConfirmedProps) => {
  const action = useAction();
  const [methods, setMethods] = useState<string[]>();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');

  const read = async () => {
    const { session: own } = await session.execute<Methods>(METHODS);
    setMethods(own.recentAuthUntil === null ? own.reauthenticationMethods : []);
  };
  useEffect(() => void action.run(read), []);

  if (methods?.length === 0) return children;
  const wantsPassword = methods?.includes('PASSWORD');
  const wantsCode = methods?.includes('TOTP') || methods?.includes('BACKUP_CODE');
  const confirm = async () => {
    await session.execute(CONFIRM, { input: { ...(wantsPassword && { password }), ...(wantsCode && { code }) } });
    setMethods([]);
  };
  return (
    <Form action={action} submit="Confirm" onSubmit={methods ? confirm : read} onCancel={onCancel}>
      <p>Please confirm that it is you.</p>
      {wantsPassword && (
        <Field
          label="Password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      )}
      {wantsCode && <CodeField value={code} onChange={setCode} />}
    </Form>
  );
};
