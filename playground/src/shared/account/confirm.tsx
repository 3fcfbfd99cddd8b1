// "Confirm that it is you", in front of what the server allows only for a while after signing in.
import { useEffect, useState, type ReactNode } from 'react';
import { beginOAuth, takeProof } from '../oauth.ts';
import { auth } from '../session.ts';
import { CodeField, Fault, Field, Form, useAction } from './action.tsx';
import { Confirmation, ConfirmIdentity, LoginOptions, type ConfirmationQuery } from './generated.ts';

interface ConfirmedProps {
  onCancel: () => void;
  children: ReactNode;
}

type Methods = ConfirmationQuery['session']['reauthenticationMethods'];

/** Shows its children once the identity of the user is confirmed. */
export const Confirmed = ({ onCancel, children }: ConfirmedProps) => {
  const action = useAction();
  const [isConfirmed, setConfirmed] = useState(false);
  const [methods, setMethods] = useState<Methods>();
  const [providers, setProviders] = useState<readonly { name: string; displayName: string }[]>([]);

  const read = async () => {
    const { session, me } = await auth.request(Confirmation, {});
    if (session.recentAuthUntil === null && me.oauthAccounts.length > 0) {
      const { authConfig } = await auth.request(LoginOptions, {});
      const linked = new Set(me.oauthAccounts.map(({ provider }) => provider.name));
      setProviders(authConfig.oauthProviders.filter(({ name }) => linked.has(name)));
    }
    setMethods(session.reauthenticationMethods);
    setConfirmed(session.recentAuthUntil !== null);
  };
  useEffect(() => void action.run(read), []);

  if (isConfirmed) return children;
  if (!methods) return action.fault ? <Fault>{action.fault}</Fault> : <p>One moment …</p>;
  return <Proof methods={methods} providers={providers} onConfirmed={() => setConfirmed(true)} onCancel={onCancel} />;
};

interface ProofProps {
  methods: Methods;
  providers: readonly { name: string; displayName: string }[];
  onConfirmed: () => void;
  onCancel: () => void;
}

const Proof = ({ methods, providers, onConfirmed, onCancel }: ProofProps) => {
  const action = useAction();
  const [oauth, setOAuth] = useState(takeProof);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const wantsCode = methods.includes('TOTP') || methods.includes('BACKUP_CODE');
  const wantsPassword = methods.includes('PASSWORD') && !oauth;
  const wantsProvider = methods.includes('OAUTH') && !oauth;
  // A provider takes the place of the password. It cannot take that of a code.
  const isProviderEnough = !wantsCode && (wantsPassword || wantsProvider);
  if (methods.length === 0) {
    return (
      <>
        <p>To do this, please sign out and sign in again: your account has nothing else to confirm that it is you.</p>
        <button type="button" className="ag-button" onClick={onCancel}>
          Back
        </button>
      </>
    );
  }

  const confirm = async () => {
    const input = { ...(wantsPassword && { password }), ...(wantsCode && { code }), ...(oauth && { oauth }) };
    // An answer of a provider works once, whatever comes of it.
    setOAuth(undefined);
    await auth.request(ConfirmIdentity, { input });
    onConfirmed();
  };
  const choices = (isProviderEnough || wantsProvider) && (
    <div className="ag-buttons">
      {providers.map(({ name, displayName }) => (
        <button
          key={name}
          type="button"
          className="ag-button"
          disabled={action.isRunning}
          onClick={() => void action.run(() => beginOAuth(auth, name, 'REAUTHENTICATE', wantsCode))}
        >
          Confirm with {displayName}
        </button>
      ))}
    </div>
  );
  if (wantsProvider) {
    return (
      <>
        <p>Please confirm that it is you. You come back to this page.</p>
        {choices}
        <Fault>{action.fault}</Fault>
        <div className="ag-buttons">
          <button type="button" className="ag-button" onClick={onCancel}>
            Back
          </button>
        </div>
      </>
    );
  }
  return (
    <Form action={action} submit="Confirm" onSubmit={confirm} onCancel={onCancel}>
      <p>Please confirm that it is you.</p>
      {wantsPassword && (
        <Field
          label="Password"
          type="password"
          autoComplete="current-password"
          autoFocus
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      )}
      {wantsCode && <CodeField value={code} onChange={setCode} autoFocus={!wantsPassword} />}
      {choices}
    </Form>
  );
};
