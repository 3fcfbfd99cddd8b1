import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthClient, readOAuthAnswer } from '@authgraph/client';

const url = 'https://auth.example.com';

/** A server that answers with these data, and what it is asked. */
const answering = (data: object) => {
  const asked: { readonly variables: { readonly input: object } }[] = [];
  const client = createAuthClient({
    url,
    tokenDelivery: 'COOKIE',
    deviceName: 'Laptop',
    fetch: async (_, { body }) => {
      asked.push(JSON.parse(body));
      return { status: 200, json: async () => ({ data }) };
    },
  });
  return { client, inputs: () => asked.map(({ variables }) => variables.input) };
};

test('the address of the redirect URI is read whole', () => {
  assert.deepEqual(readOAuthAnswer('?code=a%2Bb&state=s&iss=https%3A%2F%2Faccounts.example.com'), {
    state: 's',
    code: 'a+b',
    iss: 'https://accounts.example.com',
    user: null,
    error: null,
  });
  assert.deepEqual(readOAuthAnswer('?error=access_denied'), { state: '', code: null, iss: null, user: null, error: 'access_denied' });
});

test('a login with a provider signs in as this client asks for tokens', async () => {
  const user = { id: 'user_1', email: 'ann@example.com', emailVerified: true, name: null, role: 'USER' };
  const signedIn = { __typename: 'SignedIn', accessToken: 'jwt', accessTokenExpiresIn: 900, refreshToken: null, session: { id: 'session_1' }, user };
  const { client, inputs } = answering({ completeOAuth: signedIn });

  const result = await client.completeOAuth({ flowToken: 'agf_1', ...readOAuthAnswer('?code=c&state=s') });

  assert.deepEqual(result, { __typename: 'SignedIn', session: { id: 'session_1', user } });
  assert.deepEqual(client.session, { id: 'session_1', user });
  const answer = { state: 's', code: 'c', iss: null, user: null, error: null };
  assert.deepEqual(inputs(), [{ flowToken: 'agf_1', ...answer, client: { tokenDelivery: 'COOKIE', deviceName: 'Laptop' } }]);
});

test('a login with a provider may need a second factor', async () => {
  const mfa = { __typename: 'MfaRequired', challengeToken: 'agc_1', expiresAt: '2026-11-28T09:30:00.000Z', methods: ['TOTP'], message: '' };
  const { client } = answering({ completeOAuth: mfa });

  assert.deepEqual(await client.completeOAuth({ flowToken: 'agf_1', code: 'c', state: 's' }), mfa);
  assert.equal(client.session, null);
});

test('a login with a provider begins with its address', async () => {
  const started = { url: 'https://accounts.example.com/authorize', flowToken: 'agf_1', expiresAt: '2026-11-28T09:30:00.000Z' };
  const { client, inputs } = answering({ startOAuth: started });
  const input = { provider: 'google', redirectUri: 'https://app.example.com/oauth/callback' };

  assert.deepEqual(await client.startOAuth(input), started);
  assert.deepEqual(inputs(), [input]);
});
