// Gets ID tokens with one lie each from oauth2-mock-server, which signs whatever it is told, and must refuse them all. The same
// token without a lie is accepted before and after, so that a check that refuses everything fails here.
// Usage: node lying.mjs <binary of the server>
import assert from 'node:assert/strict';
import { createHash, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { after, test } from 'node:test';
import { OAuth2Server } from 'oauth2-mock-server';
import { Client, freePort, startServer } from './client.mjs';

const CLIENT_ID = 'app';
const APP_ID = 'com.example.app';
const SECRET = 'a secret of thirty-two characters';
const TRUTH = { email: 'johndoe@example.com', email_verified: true, name: 'John' };

const issuer = new OAuth2Server();
const key = await issuer.issuer.keys.generate('RS256');
const port = await freePort();
await issuer.start(port, '127.0.0.1');
issuer.issuer.url = `http://127.0.0.1:${port}`;
const server = await startServer(() => ({
  OIDC_MOCK_ISSUER: issuer.issuer.url,
  OIDC_MOCK_CLIENT_ID: CLIENT_ID,
  OIDC_MOCK_CLIENT_SECRET: SECRET,
  OIDC_MOCK_NATIVE_CLIENT_IDS: APP_ID,
}));
after(async () => {
  await server.kill('SIGTERM');
  await issuer.stop();
});

// ---- lies

let lie = {};
issuer.service.on('beforeTokenSigning', ({ header, payload }) => {
  // The access token is signed, too.
  if ('scope' in payload) return;
  Object.assign(payload, TRUTH);
  lie.claims?.(payload, header);
});
issuer.service.on('beforeResponse', (response) => lie.response?.(response));
issuer.service.on('beforeUserinfo', (response) => Object.assign(response, lie.userinfo));

const now = () => Math.floor(Date.now() / 1_000);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const publicKey = createPublicKey({ key: { kty: key.kty, n: key.n, e: key.e }, format: 'jwk' });

/** The same claims under another header and signature. */
const signedAnew = (header, signatureOf) => ({ body }) => {
  const [, claims] = body.id_token.split('.');
  const signed = `${encode({ typ: 'JWT', kid: key.kid, ...header })}.${claims}`;
  body.id_token = `${signed}.${signatureOf(signed)}`;
};
const hmac = (secret) => (text) => createHmac('sha256', secret).update(text).digest('base64url');
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const rsa = (privateKey) => (text) => sign('sha256', Buffer.from(text), privateKey).toString('base64url');
const [byIssuer, byStranger] = [rsa(createPrivateKey({ key, format: 'jwk' })), rsa(stranger.privateKey)];
const [pem, der] = [publicKey.export({ type: 'spki', format: 'pem' }), publicKey.export({ type: 'spki', format: 'der' })];

const claims = {
  'aud of an app': (token) => (token.aud = APP_ID),
  'aud of another client': (token) => (token.aud = 'another-client'),
  'two clients in aud, and no azp': (token) => (token.aud = [CLIENT_ID, 'another-client']),
  'two clients in aud, and the other in azp': (token) => Object.assign(token, { aud: [CLIENT_ID, 'another-client'], azp: 'another-client' }),
  'azp of another client': (token) => (token.azp = 'another-client'),
  'iss of another issuer': (token) => (token.iss = 'https://issuer.example'),
  'iss below the issuer': (token) => (token.iss += '/tenant'),
  'another nonce': (token) => (token.nonce = 'another'),
  'the SHA-256 of the nonce, which is for apps': (token) => (token.nonce = sha256(token.nonce)),
  'an exp that is over': (token) => (token.exp = now() - 120),
  'an iat of an hour ago': (token) => (token.iat = now() - 3_600),
  'an iat in the future': (token) => (token.iat = now() + 600),
  'another at_hash': (token) => (token.at_hash = 'AAAAAAAAAAAAAAAAAAAAAA'),
  'an empty sub': (token) => (token.sub = ''),
  'a sub that is a number': (token) => (token.sub = 7),
  'a kid that is not in the key set': (_, header) => (header.kid = 'another'),
  ...Object.fromEntries(['aud', 'iss', 'nonce', 'exp', 'iat', 'sub'].map((claim) => [`no ${claim}`, (token) => delete token[claim]])),
};
const signatures = {
  'alg none': signedAnew({ alg: 'none' }, () => ''),
  'HS256 with the PEM of the public key': signedAnew({ alg: 'HS256' }, hmac(pem)),
  'HS256 with the DER of the public key': signedAnew({ alg: 'HS256' }, hmac(der)),
  'HS256 with the secret of the client': signedAnew({ alg: 'HS256' }, hmac(SECRET)),
  'RS256 of a stranger': signedAnew({ alg: 'RS256' }, byStranger),
  'RS256 of a stranger, whose key is in the header': signedAnew({ alg: 'RS256', jwk: stranger.publicKey.export({ format: 'jwk' }) }, byStranger),
  'a header that must be understood': signedAnew({ alg: 'RS256', crit: ['b64'], b64: false }, byIssuer),
  'no signature': ({ body }) => (body.id_token = body.id_token.replace(/[^.]+$/, '')),
};
const [refused, status] = [(error) => ({ body: { error }, statusCode: 400 }), (statusCode) => ({ body: {}, statusCode })];
const answers = {
  'OAUTH_FAILED CODE_REFUSED': { 'an error': refused('invalid_grant'), 'an error with status 200': { body: { error: 'bad_verification_code' } } },
  'OAUTH_FAILED INVALID_RESPONSE': { 'an empty text': { body: '' }, 'no tokens': status(200), 'a token of another type': { body: { access_token: 'a', token_type: 'mac' } } },
  'UNAVAILABLE PROVIDER_UNAVAILABLE': { 'status 500': status(500), 'status 503': status(503), 'status 429': status(429) },
};

// ---- what must hold

// The mock server asks nobody.
const signIn = async (told) => {
  lie = told;
  return new Client(server).signIn('mock', (page) => page.complain('a page'));
};

async function isAccepted() {
  const result = await signIn({});
  assert.equal(result.user?.email, TRUTH.email, JSON.stringify(result));
  return result.user.id;
}

const first = await isAccepted();

for (const [name, change] of Object.entries(claims)) {
  test(`an ID token with ${name}`, async () => assert.equal(await signIn({ claims: change }), 'OAUTH_FAILED INVALID_ID_TOKEN'));
}
for (const [name, response] of Object.entries(signatures)) {
  test(`an ID token with ${name}`, async () => assert.equal(await signIn({ response }), 'OAUTH_FAILED INVALID_ID_TOKEN'));
}
for (const [refusal, lies] of Object.entries(answers)) {
  for (const [name, change] of Object.entries(lies)) {
    const response = (answer) => Object.assign(answer, change);
    test(`a token endpoint that answers ${name}`, async () => assert.equal(await signIn({ response }), refusal));
  }
}

test('an answer about another user, where the ID token has no address', async () => {
  const withoutEmail = (token) => delete token.email;
  const of = (sub) => ({ claims: withoutEmail, userinfo: { body: { sub, email: 'victim@example.com', email_verified: true } } });
  assert.equal(await signIn(of('another')), 'OAUTH_FAILED INVALID_RESPONSE');
  // The same lie about the right subject is believed, so the subject made the difference.
  assert.equal((await signIn(of('johndoe'))).user.id, first);
});

// An app gets its ID token from the library of the provider.
async function logInFromApp(change) {
  const client = new Client(server);
  const { nonce, flowToken } = await client.ask('startIdTokenLogin', { provider: 'mock' });
  const claimsOf = (_, payload) => Object.assign(payload, TRUTH, { sub: 'johndoe', aud: APP_ID, nonce }, change(nonce));
  const input = { provider: 'mock', flowToken, idToken: await issuer.issuer.buildToken({ scopesOrTransform: claimsOf }) };
  return [await client.ask('loginWithIdToken', input), await client.ask('loginWithIdToken', input)];
}

test('an app brings an ID token, with the nonce as it is or as its SHA-256, once', async () => {
  for (const change of [() => ({}), (nonce) => ({ nonce: sha256(nonce) }), () => ({ aud: CLIENT_ID })]) {
    const [result, again] = await logInFromApp(change);
    assert.equal(result.user?.id, first, JSON.stringify(result));
    assert.equal(again, 'INVALID_TOKEN USED');
  }
});

test('an app brings an ID token of another nonce, or for another client', async () => {
  for (const lied of [{ nonce: 'another' }, { nonce: sha256('another') }, { nonce: undefined }, { nonce: '' }, { aud: 'com.example.other' }]) {
    const [result] = await logInFromApp(() => lied);
    assert.equal(result, 'OAUTH_FAILED INVALID_ID_TOKEN');
  }
});

test('the signature of the issuer that this script makes is a right one', async () => {
  assert.equal((await signIn({ response: signedAnew({ alg: 'RS256' }, byIssuer) })).user.id, first);
});

test('two clients in aud are accepted where azp says that the token is for us', async () => {
  const { user } = await signIn({ claims: (token) => Object.assign(token, { aud: [CLIENT_ID, 'another-client'], azp: CLIENT_ID }) });
  assert.equal(user.id, first);
});

test('the truth is still accepted after all lies', async () => assert.equal(await isAccepted(), first));
