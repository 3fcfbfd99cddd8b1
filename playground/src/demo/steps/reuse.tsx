import { useEffect, useState } from 'react';
import { CallButton, CallError, Success, useCall } from '../call.tsx';
import { readHistory } from '../calls/history.ts';
import { copyRefreshToken, presentCopy } from '../calls/reuse.ts';
import { refreshNow } from '../calls/refresh.ts';
import { DeviceCard } from '../device-card.tsx';
import { laptop, optionsOf, useDevice } from '../devices.ts';
import { finish } from '../journey.ts';
import { LongText } from '../json.tsx';
import { Mail, mailBefore } from '../mailbox.tsx';
import { Next } from '../next.tsx';
import { SignedIn } from '../sign-in.tsx';

type Stage = 'honest' | 'copied' | 'refreshed' | 'used';

export const Reuse = ({ email }: { email: string }) => {
  const call = useCall();
  const { settledAt } = useDevice(laptop);
  const [stage, setStage] = useState<Stage>('honest');
  const [copy, setCopy] = useState('');
  const [before] = useState(mailBefore);
  const take = async () => {
    const token = await copyRefreshToken(laptop.storage);
    if (token === null) throw new Error('The Laptop has no refresh token.');
    setCopy(token);
    setStage('copied');
  };
  const refresh = async () => {
    await refreshNow(laptop.auth);
    setStage('refreshed');
  };
  const present = async () => {
    const session = await presentCopy(copy, optionsOf('Thief'));
    if (session) throw new Error('The copy still works: REFRESH_RACE_WINDOW of this server is longer than ten seconds. Try again later.');
    setStage('used');
    finish('reuse');
  };
  return (
    <>
      <p>A refresh token that comes twice was copied, and the server cannot tell which of the two is the thief. The server ends the session for both.</p>
      <DeviceCard device={laptop} />
      {stage === 'honest' && (
        <SignedIn device={laptop}>
          <p>First, a script of an attacker copies the refresh token of the Laptop.</p>
          <CallButton call={call} onClick={take}>
            Copy the refresh token
          </CallButton>
        </SignedIn>
      )}
      {stage !== 'honest' && (
        <p>
          The copy: <code className="demo-wrap"><LongText text={copy} /></code>
        </p>
      )}
      {stage === 'copied' && (
        <>
          <p>The Laptop goes on and refreshes, which uses the token up.</p>
          <CallButton call={call} from={settledAt} onClick={refresh}>
            Refresh on the Laptop
          </CallButton>
        </>
      )}
      {stage === 'refreshed' && (
        <>
          <p>
            Now the thief tries the copy. Thief and user share this browser, so the server takes the first ten seconds for a race of two tabs. From
            another device or network it would refuse the copy at once.
          </p>
          <CallButton call={call} from={settledAt} onClick={present}>
            Use the copy
          </CallButton>
        </>
      )}
      <CallError call={call} />
      {stage === 'used' && (
        <>
          <Success>
            The thief got <code>REFRESH_TOKEN_REUSED</code>, and the session of the Laptop has ended. Other sessions of the user go on.
          </Success>
          <h3>The user is told</h3>
          <Mail to={email} wanted={/used twice/} before={before} />
          <h3>The event is kept</h3>
          <SignedIn device={laptop}>
            <Events />
          </SignedIn>
        </>
      )}
    </>
  );
};

type Rows = Awaited<ReturnType<typeof readHistory>>;

const Events = () => {
  const call = useCall();
  const { session } = useDevice(laptop);
  const [rows, setRows] = useState<Rows>([]);
  useEffect(() => void call.run(async () => setRows(await readHistory(laptop.auth))), [session?.id]);
  return (
    <>
      <table className="demo-table">
        <caption className="ag-hidden">What happened to the account, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Action</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, at, action, outcome }) => (
            <tr key={id} className={action === 'REFRESH_TOKEN_REUSED' ? 'demo-marked' : undefined}>
              <td>{new Date(at).toLocaleTimeString()}</td>
              <td>
                <code>{action}</code>
              </td>
              <td>{outcome}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <CallError call={call} />
      <Next to="reset">
        Choose a new password
      </Next>
    </>
  );
};
