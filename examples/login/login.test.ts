import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphql } from '../generated/gql.js';
import type { EntryFragment } from '../generated/graphql.js';
import { execute } from '../shared/execute.js';
import { explain } from '../shared/messages.js';
import { Refused, readRefusal } from '../shared/refusal.js';
import { serverUrl } from '../testing/server.js';
import { run } from './program.js';
import { contentOf, submit, type Screen } from './screen.js';

const AuthConfig = graphql(`
  query AuthConfig {
    authConfig {
      emailVerificationRequired
    }
  }
`);

test('a user registers, verifies the address, and logs in with a second factor', async () => {
  const url = serverUrl();
  const { authConfig } = await execute({ url }, AuthConfig, {});
  const history = await run(url);
  const screens = history.map(([step, screen]) => [step, contentOf(screen)]);

  const registered = authConfig.emailVerificationRequired ? 'check mailbox' : 'in';
  assert.deepEqual(screens, [
    ['register with a weak password', 'form'],
    ['register', registered],
    ['register again, as after a lost answer', registered],
    ...(authConfig.emailVerificationRequired ? [['log in before the address is verified', 'check mailbox']] : []),
    ['open the login page', 'form'],
    ['log in with a wrong password', 'form'],
    ['log in', 'in'],
    ['log in with a second factor', 'code'],
    ['enter a wrong code', 'code'],
    ['enter a backup code', 'in'],
  ]);
  // With another key, the address would be taken.
  const noteOf = (wanted: string) => history.find(([step]) => step === wanted)?.[1].note;
  assert.equal(noteOf('register again, as after a lost answer'), noteOf('register'));
});

test('the form names every rule that a password breaks', async () => {
  const [[, screen] = ['', undefined]] = await run(serverUrl());

  assert.match(screen?.note ?? '', /password is too short\..*password needs a digit\./);
});

const CODE: Screen = { note: '', result: { __typename: 'MfaRequired', challengeToken: 'agc_1', methods: ['TOTP'], message: '' } };
const refused = (extensions: object) => new Refused({ message: 'From the server.', extensions });
const contentAfter = async (extensions: object) => contentOf(await submit(CODE, () => Promise.reject(refused(extensions))));

test('a step of a newer server stops the login with the message of the server', async () => {
  const newer: EntryFragment = JSON.parse('{"__typename":"TermsRequired","message":"Accept the terms on our website."}');

  const screen = await submit(CODE, () => Promise.resolve(newer));

  assert.equal(contentOf(screen), 'stopped');
  assert.equal(screen.note, 'Accept the terms on our website.');
});

test('after the last attempt the login begins anew', async () => {
  assert.equal(await contentAfter({ code: 'INVALID_MFA_CODE', attemptsLeft: 1 }), 'code');
  assert.equal(await contentAfter({ code: 'INVALID_MFA_CODE', attemptsLeft: 0 }), 'form');
  assert.equal(await contentAfter({ code: 'INVALID_TOKEN', reason: 'EXPIRED' }), 'form');
});

test('a code of a newer server shows the message of the server', () => {
  assert.equal(explain(refused({ code: 'PASSWORD_BREACHED' })), 'From the server.');
});

test('a reason of a newer server shows the message of its code', () => {
  assert.equal(readRefusal({ code: 'CONFLICT', reason: 'NEWER' })?.reason, null);
  assert.equal(explain(refused({ code: 'CONFLICT', reason: 'NEWER' })), 'This is not possible now.');
});

test('an answer that a proxy wrote is no refusal', () => {
  for (const extensions of [undefined, null, 'text', {}, { code: 7 }]) assert.equal(readRefusal(extensions), undefined);
});
