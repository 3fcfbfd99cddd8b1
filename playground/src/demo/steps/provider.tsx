import { useEffect, useState } from 'react';
import type { LoginResult } from '../../client/index.ts';
import { HOME, OAUTH_CALLBACK } from '../../shared/page.ts';
import { createStore, useStore } from '../../shared/store.ts';
import { CallButton, CallError, Success, useCall } from '../call.tsx';
import { completeOAuth, readProviders, startOAuth } from '../calls/provider.ts';
import { useDevice, visitor } from '../devices.ts';
import { finish, goTo } from '../journey.ts';
import { LongText } from '../json.tsx';
import { SecondStep } from '../sign-in.tsx';

type Provider = Awaited<ReturnType<typeof readProviders>>[number];

/** What the journey to the provider has led to: it ends with another load of the page. */
const arrival = createStore<Promise<LoginResult> | null>(null);
if (location.pathname === OAUTH_CALLBACK) arrival.set(completeOAuth(visitor.auth, `${HOME}/provider`));

export const ProviderStep = () => {
  const call = useCall();
  const arrived = useStore(arrival);
  const { session } = useDevice(visitor);
  const [result, setResult] = useState<LoginResult>();
  const [providers, setProviders] = useState<readonly Provider[]>();
  useEffect(() => {
    if (arrived && !session) void call.run(async () => setResult(await arrived));
  }, [arrived]);
  useEffect(() => void call.run(async () => setProviders(await readProviders(visitor.auth))), []);
  useEffect(() => {
    if (session) finish('provider');
  }, [session]);
  return (
    <>
      <p>
        The browser goes to the provider and comes back with a code. Only this tab holds the flow token that belongs to it, so an attacker cannot send a
        user back with the attacker's code.
      </p>
      {session && <Success>{session.user.email} is signed in with a provider, and the address is verified.</Success>}
      {result?.__typename === 'MfaRequired' && !session && (
        <SecondStep device={visitor} challenge={result.challengeToken} onResult={setResult} />
      )}
      {providers?.map((provider) => <Start key={provider.name} provider={provider} />)}
      {providers?.length === 0 && <HowToStart />}
      <CallError call={call} />
      <p>
        <button type="button" className="ag-link" onClick={() => goTo('done')}>
          What to read next
        </button>
      </p>
    </>
  );
};

const Start = ({ provider: { name, displayName } }: { provider: Provider }) => {
  const call = useCall();
  const [url, setUrl] = useState<string>();
  return (
    <section className="ag-card" aria-label={displayName}>
      {url === undefined ? (
        <CallButton call={call} onClick={async () => setUrl(await startOAuth(visitor.auth, name))}>
          Sign in with {displayName}
        </CallButton>
      ) : (
        <>
          <p>
            The address at the provider: <code className="demo-wrap"><LongText text={url} /></code>
          </p>
          <p>Going there loads this page again, so the Laptop and the Phone forget their sessions. A real application sends the browser at once.</p>
          <a className="ag-button ag-primary" href={url}>
            Go to {displayName}
          </a>
        </>
      )}
      <CallError call={call} />
    </section>
  );
};

const HowToStart = () => (
  <div className="ag-note">
    <p>This server has no provider. A mock one, which needs no account, is in the repository:</p>
    <ol>
      <li>
        <code>npm ci --prefix tests/reference/oauth</code>
      </li>
      <li>
        <code>node tests/reference/oauth/mock.mjs</code> prints three settings. Set them.
      </li>
      <li>Start the server again, and load this page again.</li>
    </ol>
  </div>
);
