// What the people of the tests do.
import assert from 'node:assert/strict';
import { createAuthClient, DocumentText, type AuthClient, type AuthClientOptions, type Session } from '@authgraph/client';
import { totp } from '../../../../../examples/testing/totp.js';

type None = Record<string, never>;

export const newcomer = (name = 'ann') => ({ email: `${name}-${crypto.randomUUID()}@example.com`, password: 'Blue-Kettle-42-Harbour' });

export type Person = ReturnType<typeof newcomer>;

export const registered = async (options: AuthClientOptions, person = newcomer()): Promise<AuthClient> => {
  const client = createAuthClient(options);
  assert.equal((await client.register(person)).__typename, 'SignedIn');
  return client;
};

export const loggedIn = async (options: AuthClientOptions, person: Person): Promise<AuthClient> => {
  const client = createAuthClient(options);
  assert.equal((await client.login(person)).__typename, 'SignedIn');
  return client;
};

export const Actions = new DocumentText<
  { readonly me: { readonly auditEvents: { readonly nodes: readonly { readonly action: string }[] } } },
  { readonly actions: readonly string[] }
>('query Actions($actions: [AuditAction!]!) { me { auditEvents(first: 100, filter: { actions: $actions }) { nodes { action } } } }');

/** How often something happened to the user, by the server's audit trail. */
export const timesOf = async (client: AuthClient, action: string): Promise<number> =>
  (await client.request(Actions, { actions: [action] })).me.auditEvents.nodes.length;

const Rename = new DocumentText<unknown, { readonly name: string }>(
  'mutation Rename($name: String!) { updateProfile(input: { name: $name }) { user { id } } }',
);

export const rename = (client: AuthClient, name: string) => client.request(Rename, { name });

const RevokeOthers = new DocumentText<unknown, None>('mutation RevokeOthers { revokeOtherSessions { endedSessionCount } }');

export const revokeOthers = (client: AuthClient) => client.request(RevokeOthers, {});

const StartMfa = new DocumentText<{ readonly startMfaEnrollment: { readonly secret: string } }, None>(
  'mutation StartMfa { startMfaEnrollment { secret } }',
);
const ConfirmMfa = new DocumentText<{ readonly confirmMfaEnrollment: { readonly backupCodes: readonly string[] } }, { readonly code: string }>(
  'mutation ConfirmMfa($code: String!) { confirmMfaEnrollment(input: { code: $code }) { backupCodes } }',
);

/** Turns the second factor on, and returns the backup codes. */
export const turnMfaOn = async (client: AuthClient): Promise<readonly string[]> => {
  const { startMfaEnrollment } = await client.request(StartMfa, {});
  return (await client.request(ConfirmMfa, { code: totp(startMfaEnrollment.secret) })).confirmMfaEnrollment.backupCodes;
};

/** Everything that a client's listeners hear. */
export const heardBy = (client: AuthClient) => {
  const heard: { readonly session: Session | null; readonly code: string | null; readonly why: string | null }[] = [];
  client.onSession((session, cause) => heard.push({ session, code: cause?.code ?? null, why: cause?.sessionEndReason ?? null }));
  return heard;
};
