// An issuer to try OAuth with, without an account anywhere: it signs in everybody at once, as Ann.
// Usage: node tests/reference/oauth/mock.mjs [port]
import { OAuth2Server } from 'oauth2-mock-server';

const port = Number(process.argv[2] ?? 8090);
const mock = new OAuth2Server();
await mock.issuer.keys.generate('RS256');
await mock.start(port, '127.0.0.1');
mock.issuer.url = `http://127.0.0.1:${port}`;
mock.service.on('beforeTokenSigning', ({ payload }) => {
  if (!('scope' in payload)) Object.assign(payload, { email: 'ann@example.com', email_verified: true, name: 'Ann' });
});
console.log(`export OIDC_MOCK_ISSUER=${mock.issuer.url}`);
console.log('export OIDC_MOCK_CLIENT_ID=authgraph');
console.log('export OIDC_MOCK_CLIENT_SECRET=secret');
