// Accounts at providers that the user can sign in with.
import { useEffect, useState } from 'react';
import { beginOAuth } from '../oauth.ts';
import { auth } from '../session.ts';
import { Fault, Form, useAction } from './action.tsx';
import { Confirmed } from './confirm.tsx';
import { OwnProviders, UnlinkProvider, type OwnProvidersQuery } from './generated.ts';
import { when } from './when.ts';

type Account = OwnProvidersQuery['me']['oauthAccounts'][number];
type Step = { link: string; displayName: string } | { unlink: Account };

export const LinkedProviders = () => {
  const action = useAction();
  const [read, setRead] = useState<OwnProvidersQuery>();
  const [step, setStep] = useState<Step>();
  const load = async () => setRead(await auth.request(OwnProviders, {}));
  useEffect(() => void action.run(load), []);
  if (!read) return action.fault ? <Fault>{action.fault}</Fault> : <p>One moment …</p>;

  const close = () => setStep(undefined);
  if (step) {
    const done = async () => {
      await load();
      close();
    };
    return (
      <Confirmed onCancel={close}>
        {'link' in step ? <Link {...step} onCancel={close} /> : <Unlink account={step.unlink} onDone={done} onCancel={close} />}
      </Confirmed>
    );
  }
  const { me, authConfig } = read;
  const linked = new Set(me.oauthAccounts.map(({ provider }) => provider.name));
  const others = authConfig.oauthProviders.filter(({ name }) => !linked.has(name));
  if (others.length + me.oauthAccounts.length === 0) return <p>This server has no provider to sign in with.</p>;
  return (
    <>
      <ul className="ag-list">
        {me.oauthAccounts.map((account) => (
          <li key={account.id}>
            <div>
              <strong>{account.provider.displayName}</strong> {account.email}
              <small>
                linked {when(account.linkedAt)}
                {account.lastUsedAt && `, last used ${when(account.lastUsedAt)}`}
              </small>
            </div>
            <button
              type="button"
              className="ag-button"
              aria-label={`Unlink ${account.provider.displayName} ${account.email ?? ''}`}
              onClick={() => setStep({ unlink: account })}
            >
              Unlink
            </button>
          </li>
        ))}
      </ul>
      <div className="ag-buttons">
        {others.map(({ name, displayName }) => (
          <button key={name} type="button" className="ag-button" onClick={() => setStep({ link: name, displayName })}>
            Link {displayName}
          </button>
        ))}
      </div>
    </>
  );
};

const Link = ({ link, displayName, onCancel }: { link: string; displayName: string; onCancel: () => void }) => {
  const action = useAction();
  return (
    <Form action={action} submit={`Continue to ${displayName}`} onSubmit={() => beginOAuth(auth, link, 'LINK')} onCancel={onCancel}>
      <p>You sign in at {displayName} and come back to this page.</p>
    </Form>
  );
};

const Unlink = ({ account, onDone, onCancel }: { account: Account; onDone: () => Promise<void>; onCancel: () => void }) => {
  const action = useAction();
  const unlink = async () => {
    await auth.request(UnlinkProvider, { input: { oauthAccountId: account.id } });
    await onDone();
  };
  return (
    <Form action={action} submit="Unlink" isDangerous onSubmit={unlink} onCancel={onCancel}>
      <p>You will no longer sign in with {account.email ?? 'this account'} at {account.provider.displayName}.</p>
    </Form>
  );
};
