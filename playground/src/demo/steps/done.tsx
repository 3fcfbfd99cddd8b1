import { useEffect } from 'react';
import { BASE, ENDPOINT, MAILBOX } from '../../shared/page.ts';
import { finish } from '../journey.ts';

/** Pages of this server. */
const PAGES = [
  [`${BASE}/playground`, 'Playground', 'every operation, with its documentation and its cost'],
  [`${BASE}/console`, 'Console', 'what administrators do'],
  [`${BASE}/account`, 'Account', 'what users do with their own account'],
  [MAILBOX, 'Mailbox', 'the emails of this server'],
] as const;

/** Files of the repository. */
const FILES = [
  ['README.md', 'start a server, and the same journey with curl'],
  ['playground/src/client', 'the client that this page uses, as a package to install or to copy'],
  ['playground/src/demo', 'this page: a file for each step'],
  ['docs/clients.md', 'clients in TypeScript, Kotlin and Swift'],
  ['docs/oauth.md', 'Google, GitHub, Apple, Microsoft and others'],
  ['docs/operations.md', 'production: PostgreSQL, Redis, keys, backups, metrics'],
  ['docs/configuration.md', 'every setting'],
  ['schema.graphql', 'every operation, its errors and its limits'],
] as const;

export const Done = () => {
  useEffect(() => finish('done'), []);
  return (
    <>
      <p>
        Every operation of these steps went to <code>{ENDPOINT}</code> through <code>@authgraph/client</code>. There is no other way in.
      </p>
      <h3>On this server</h3>
      <ul>
        {PAGES.map(([address, name, about]) => (
          <li key={name}>
            <a href={address}>{name}</a>: {about}
          </li>
        ))}
      </ul>
      <h3>In the repository</h3>
      <ul>
        {FILES.map(([name, about]) => (
          <li key={name}>
            <code>{name}</code>: {about}
          </li>
        ))}
      </ul>
    </>
  );
};
