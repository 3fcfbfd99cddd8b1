// The server needs REAUTHENTICATION_WINDOW=3s, and ADMIN_PASSWORD the password that it printed at its first start.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphql } from '../generated/gql.js';
import { VerifyMfa } from '../login/operations.js';
import { execute, type Api } from '../shared/execute.js';
import { Refused, refusalOf } from '../shared/refusal.js';
import { keepTokens } from '../shared/tokens.js';
import { challenge, logIn, register, turnMfaOn } from '../testing/accounts.js';
import { administrator, newcomer, serverUrl, until } from '../testing/server.js';
import { LockUser, Proof, UnlockUser } from './operations.js';
import { run, type Admin } from './program.js';
import { NotConfirmed, withRecentAuth, type Dialog } from './reauthenticate.js';
import { lock, open } from './table.js';

const url = serverUrl();

const Promote = graphql(`
  mutation Promote($input: UpdateUserInput!) {
    updateUser(input: $input) {
      user {
        id
        role
      }
    }
  }
`);

const apiOf = async (device: string): Promise<Api> => ({ url, accessToken: keepTokens(url, await logIn(url, administrator(), device)) });

/** Waits until the last proof of identity is too old. */
const proofExpires = (api: Api) =>
  until(() => 'the proof of identity expires: start the server with REAUTHENTICATION_WINDOW=3s', async () => {
    const { session } = await execute(api, Proof, {});
    return session.recentAuthUntil === null;
  });

/** A new administrator with a second factor, who has just logged in. */
const administratorWithMfa = async (): Promise<Admin> => {
  const ben = newcomer('ben');
  const { accessToken, user } = await register(url, ben, 'Phone');
  const [...codes] = await turnMfaOn(url, accessToken);
  await execute(await apiOf('Console'), Promote, { input: { userId: user.id, role: 'ADMIN' } });
  const code = () => codes.pop() ?? '';
  const { challengeToken } = await challenge(url, ben);
  const { verifyMfa } = await execute({ url }, VerifyMfa, { input: { challengeToken, code: code() } });
  assert.ok(verifyMfa.__typename === 'SignedIn');
  return { ...ben, code, api: { url, accessToken: keepTokens(url, verifyMfa) } };
};

test('an administrator filters, pages, counts, locks, unlocks and deletes', async () => {
  const { states } = await run(url, { ...administrator(), api: await apiOf('Console') });

  assert.deepEqual(states, [
    ['open', 'a ACTIVE, b ACTIVE'],
    ['count', 'a ACTIVE, b ACTIVE of 5'],
    ['next page', 'c ACTIVE, d ACTIVE of 5'],
    ['previous page', 'a ACTIVE, b ACTIVE of 5'],
    ['lock', 'a LOCKED (ADMINISTRATOR), b ACTIVE of 5'],
    ['lock until 2100', 'a LOCKED (ADMINISTRATOR), b LOCKED (ADMINISTRATOR) of 5'],
    ['unlock', 'a ACTIVE, b LOCKED (ADMINISTRATOR) of 5'],
    ['delete', 'a DELETED, b LOCKED (ADMINISTRATOR) of 5'],
    ['lock the deleted', 'a DELETED, b LOCKED (ADMINISTRATOR) of 5: This account is deleted.'],
    ['only the locked', 'b LOCKED (ADMINISTRATOR)'],
    ['by email, descending', 'e ACTIVE, d ACTIVE'],
  ]);
});

test('the dialog asks for what the session needs, once the last proof is too old', async () => {
  const plain: Admin = { ...administrator(), api: await apiOf('Console') };
  const withMfa = await administratorWithMfa();

  const cases: [Admin, string[]][] = [
    [plain, ['PASSWORD']],
    [withMfa, ['PASSWORD', 'TOTP']],
  ];

  for (const [admin, methods] of cases) {
    assert.ok(admin.api);
    await proofExpires(admin.api);
    const { states, asked } = await run(url, admin);

    assert.ok(asked.length > 0);
    for (const one of asked) assert.deepEqual([...one].sort(), methods);
    assert.deepEqual(states[4], ['lock', 'a LOCKED (ADMINISTRATOR), b ACTIVE of 5']);
  }
});

test('an action whose proof expires meanwhile is repeated after the dialog', async () => {
  const api = await apiOf('Console');
  const { user } = await register(url, newcomer('carl'), 'Phone');
  let asked = 0;
  const dialog: Dialog = async () => {
    asked += 1;
    return { password: administrator().password };
  };
  let attempts = 0;

  const result = await withRecentAuth(api, dialog, async () => {
    attempts += 1;
    if (attempts === 1) await proofExpires(api);
    return execute(api, LockUser, { input: { userId: user.id } });
  });

  assert.deepEqual([asked, attempts, result.lockUser.user.status], [1, 2, 'LOCKED']);
});

test('nothing happens if the dialog is closed', async () => {
  const api = await apiOf('Console');
  await proofExpires(api);
  const { user } = await register(url, newcomer('dora'), 'Phone');

  const closed = withRecentAuth(api, async () => undefined, () => execute(api, UnlockUser, { input: { userId: user.id } }));

  await assert.rejects(closed, NotConfirmed);
});

test('administrators cannot lock their own account, and read why', async () => {
  const api = await apiOf('Console');
  const table = await open(api, { filter: { roles: ['ADMIN'] }, orderBy: { field: 'CREATED_AT', direction: 'ASC' }, pageSize: 1 });
  const dialog: Dialog = async () => ({ password: administrator().password });
  const [own] = table.rows;
  assert.ok(own);

  const { note, rows } = await lock(api, table, dialog, own.id);

  assert.equal(note, 'You cannot do this to your own account.');
  assert.deepEqual(rows, table.rows);
});

test('a user who is no administrator gets the reason', async () => {
  const { accessToken } = await register(url, newcomer('eve'), 'Phone');
  const api: Api = { url, accessToken: async () => accessToken };

  const refused = open(api, { filter: {}, orderBy: { field: 'EMAIL', direction: 'ASC' }, pageSize: 1 });

  await assert.rejects(refused, (error) => error instanceof Refused && refusalOf(error)?.reason === 'ROLE_TOO_LOW');
});
