// The account of the administrator who is signed in.
import type { Session } from '../../client/index.ts';
import { SecondFactor } from '../../shared/account/second-factor.tsx';
import { Sessions } from '../../shared/account/sessions.tsx';
import { Link } from '../parts/link.tsx';
import { hrefOf } from '../parts/place.ts';
import { Password } from './password.tsx';

export const OwnAccount = ({ user }: { user: Session['user'] }) => (
  <>
    <h1 tabIndex={-1}>Your account</h1>
    <p>
      {user.name ? `${user.name}, ` : ''}
      {user.email} · <Link href={hrefOf(`/users/${user.id}`)}>See it as one of the users</Link>
    </p>
    <section className="ag-card" aria-labelledby="second-factor">
      <h2 id="second-factor">Second factor</h2>
      <SecondFactor />
    </section>
    <section className="ag-card" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <Password />
    </section>
    <section className="ag-card" aria-labelledby="sessions">
      <h2 id="sessions">Your sessions</h2>
      <Sessions />
    </section>
  </>
);
