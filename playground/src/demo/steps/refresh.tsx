import { useEffect, useState } from 'react';
import type { AccessToken } from '../../client/index.ts';
import { CallButton, CallError, Success, useCall, useNow } from '../call.tsx';
import { readToken, refreshNow } from '../calls/refresh.ts';
import { laptop, useDevice } from '../devices.ts';
import { loseNextAnswer } from '../exchanges.ts';
import { finish } from '../journey.ts';
import { LongText } from '../json.tsx';
import { Next } from '../next.tsx';
import { SignedIn } from '../sign-in.tsx';

export const Refresh = () => (
  <>
    <p>
      An access token is short-lived. The client replaces it in the last tenth of its lifetime, with the next request. It does so with a refresh
      token, which works once: the answer carries the next one.
    </p>
    <SignedIn device={laptop}>
      <Tokens />
    </SignedIn>
  </>
);

interface Shown {
  readonly access: AccessToken;
  readonly refreshToken: string;
  readonly readAt: number;
}

const Tokens = () => {
  const call = useCall();
  const { settledAt } = useDevice(laptop);
  const [shown, setShown] = useState<Shown>();
  const [count, setCount] = useState(0);
  const [wasLost, setLost] = useState(false);
  const read = async () => {
    const [access, stored] = [await readToken(laptop.auth), await laptop.storage.load()];
    if (access) setShown({ access, refreshToken: stored?.refreshToken ?? '', readAt: Date.now() });
  };
  useEffect(() => void call.run(read), []);
  const refresh = async () => {
    await refreshNow(laptop.auth);
    setCount(count + 1);
    await read();
  };
  const loseAnswer = async () => {
    loseNextAnswer(laptop.name);
    await refresh();
    setLost(true);
    finish('refresh');
  };
  return (
    <>
      {shown && <Countdown shown={shown} />}
      <div className="ag-buttons">
        <CallButton call={call} from={settledAt} onClick={refresh}>
          Refresh now
        </CallButton>
        <CallButton call={call} isSecond from={settledAt} onClick={loseAnswer}>
          Refresh, and lose the answer
        </CallButton>
      </div>
      <CallError call={call} />
      <p className="demo-weak">
        Tabs of one browser may refresh at the same moment. For ten seconds (<code>REFRESH_RACE_WINDOW</code>) the same device gets the same
        tokens again, so a refresh replaces nothing until then.
      </p>
      {count > 0 && <Success>Both tokens were replaced. Refreshes: {count}.</Success>}
      {wasLost && (
        <>
          <p>
            The answer to the first request never reached the client, so the client sent it again: compare the two entries. The same token with
            the same <code>idempotencyKey</code> gets the same answer for a minute, so a lost connection signs no user out.
          </p>
          <Next to="reuse">
            What if a thief copies the token?
          </Next>
        </>
      )}
    </>
  );
};

const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

const Countdown = ({ shown: { access, refreshToken, readAt } }: { shown: Shown }) => {
  const age = (useNow(readAt + access.expiresIn * 1000) - readAt) / 1000;
  return (
    <dl className="demo-facts">
      <dt>Access token</dt>
      <dd>
        <code>
          <LongText text={access.value} />
        </code>
      </dd>
      <dt>Expires in</dt>
      <dd className="demo-clock">{clock(Math.max(access.expiresIn - age, 0))}</dd>
      <dt>The client replaces it in</dt>
      <dd className="demo-clock">{clock(Math.max(access.renewsIn - age, 0))}</dd>
      <dt>Refresh token</dt>
      <dd>
        <code>
          <LongText text={refreshToken} />
        </code>
      </dd>
    </dl>
  );
};
