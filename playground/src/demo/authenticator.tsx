// An authenticator app in the page, for people who have no phone at hand. A real page must never hold this secret.
import { useEffect, useState } from 'react';
import { useNow } from './call.tsx';
import { useSecrets } from './journey.ts';
import { codeOf, counterAt, STEP_MS } from './totp.ts';

export const Authenticator = ({ onUse }: { onUse: (code: string) => void }) => {
  const { totpSecret, usedCounter } = useSecrets();
  const now = useNow(Infinity);
  const counter = counterAt(now);
  const [code, setCode] = useState('');
  useEffect(() => {
    if (totpSecret) void codeOf(totpSecret, counter).then(setCode);
  }, [totpSecret, counter]);

  if (!totpSecret) {
    return (
      <p className="ag-note">
        The authenticator app of this page is empty, because the page keeps no secrets when it is loaded again. Use the app on your phone or
        a backup code, or start over.
      </p>
    );
  }
  const isUsed = counter <= usedCounter;
  const left = Math.ceil(((counter + 1) * STEP_MS - now) / 1000);
  return (
    <section className="ag-card demo-app" aria-label="Authenticator app">
      <small>Authenticator app, in this page for the demo only</small>
      <div className="demo-digits">{code ? `${code.slice(0, 3)} ${code.slice(3)}` : '… …'}</div>
      <progress max={STEP_MS / 1000} value={left} aria-label="Seconds until the next code" />
      <button type="button" className="ag-button" aria-disabled={isUsed} onClick={() => !isUsed && onUse(code)}>
        {isUsed ? `Next code in ${left} s` : 'Use this code'}
      </button>
      {isUsed && <small>No code works twice, so please wait for the next one.</small>}
    </section>
  );
};
