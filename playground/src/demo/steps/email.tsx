import { useState } from 'react';
import { CallButton, CallError, useCall } from '../call.tsx';
import { resendEmail } from '../calls/email.ts';
import { laptop } from '../devices.ts';
import { finish } from '../journey.ts';
import { Mail, mailBefore } from '../mailbox.tsx';
import { Next } from '../next.tsx';

export const Email = ({ email }: { email: string }) => {
  const call = useCall();
  const [before, setBefore] = useState<string | null>(null);
  const resend = async () => {
    const last = mailBefore();
    await resendEmail(laptop.auth, email);
    setBefore(last);
  };
  return (
    <>
      <p>
        The server has no mail server in development, so it keeps its emails. The link leads to a page of your application. It carries a token
        that works once, and only the hash of that token is in the database.
      </p>
      <Mail key={before} to={email} wanted={/verify-email/} before={before} onMail={() => finish('email')} />
      <div className="ag-buttons">
        <Next to="verify">
          Open the link
        </Next>
        <CallButton call={call} isSecond onClick={resend}>
          Send it again
        </CallButton>
      </div>
      <CallError call={call} />
    </>
  );
};
