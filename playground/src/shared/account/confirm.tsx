// "Confirm that it is you", in front of what the server allows only for a while after signing in.
import { useEffect, useState, type ReactNode } from 'react';
import { beginOAuth } from '../oauth.ts';
import { auth } from '../session.ts';
import { CodeField, Field, Form, useAction } from './action.tsx';
import { Confirmation, ConfirmIdentity, LoginOptions, type ConfirmationQuery } from './generated.ts';

interface ConfirmedProps {
  onCancel: () => void;
  children: ReactNode;
}

type Methods = ConfirmationQuery['session']['reauthenticationMethods'];

/** Shows its children once the identity of the user is confirmed. */
export const Confirmed = ({ onCancel, children }: ConfirmedProps) => {
  const action = useAction();
  const [methods, setMethods] = useState<Methods>();
  const [providers, setProviders] = useState<readonly { name: string; displayName: string }[]>([]);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');

  const read = async () => {
    const { session, me } = await auth.request(Confirmation, {});
    const isRecent = session.recentAuthUntil !== null;
    if (!isRecent && me.oauthAccounts.length > 0) {
      const { authConfig } = await auth.request(LoginOptions, {});
      const linked = new Set(me.oauthAccounts.map(({ provider }) => provider.name));
      setProviders(authConfig.oauthProviders.filter(({ name }) => linked.has(name)));
    }
    setMethods(isRecent ? [] : session.reauthenticationMethods);
  };
  useEffect(() => void action.run(read), []);

  if (methods?.length === 0) return children;
  const wantsPassword = methods?.includes('PASSWORD');
  const wantsCode = methods?.includes('TOTP') || methods?.includes('BACKUP_CODE');
  const confirm = async () => {
    await auth.request(ConfirmIdentity, { input: { ...(wantsPassword && { password }), ...(wantsCode && { code }) } });
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
      {/* A provider takes the place of the password. It cannot take that of a code. */}
      {!wantsCode &&
        providers.map(({ name, displayName }) => (
          <button
            key={name}
            type="button"
            className="ag-button"
            disabled={action.isRunning}
            onClick={() => void action.run(() => beginOAuth(auth, name, 'REAUTHENTICATE'))}
          >
            Confirm with {displayName}
          </button>
        ))}
    </Form>
  );
};
