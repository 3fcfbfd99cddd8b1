// The user's own account, whole. Each part is of use alone, too.
import { useEffect, useId, useState, type ReactNode } from 'react';
import { auth } from '../session.ts';
import { Fault, useAction } from './action.tsx';
import { DeleteAccount } from './delete.tsx';
import { OwnAccount as OwnAccountDocument, type OwnAccountQuery } from './generated.ts';
import { SecurityHistory } from './history.tsx';
import { ChangePassword } from './password.tsx';
import { Profile } from './profile.tsx';
import { LinkedProviders } from './providers.tsx';
import { SecondFactor } from './second-factor.tsx';
import { Sessions } from './sessions.tsx';

export const Section = ({ title, children }: { title: string; children: ReactNode }) => {
  const id = useId();
  return (
    <section className="ag-card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
};

export const OwnAccount = () => {
  const action = useAction();
  const [me, setMe] = useState<OwnAccountQuery['me']>();
  const read = async () => setMe((await auth.request(OwnAccountDocument, {})).me);
  useEffect(() => void action.run(read), []);
  if (!me) return action.fault ? <Fault>{action.fault}</Fault> : <p>One moment …</p>;
  return (
    <div className="ag-sections">
      <Section title="About you">
        <Profile me={me} onChange={read} />
      </Section>
      <Section title="Password">
        <ChangePassword hasPassword={me.hasPassword} onChange={read} />
      </Section>
      <Section title="Second factor">
        {/* Turning it off takes the password, if there is one. */}
        <SecondFactor key={String(me.hasPassword)} />
      </Section>
      <Section title="Providers">
        <LinkedProviders />
      </Section>
      <Section title="Sessions">
        <Sessions />
      </Section>
      <Section title="What happened to your account">
        <SecurityHistory />
      </Section>
      <Section title="End the account">
        <DeleteAccount />
      </Section>
    </div>
  );
};
