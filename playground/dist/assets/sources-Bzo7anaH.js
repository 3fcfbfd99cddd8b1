var e={register:[{path:`calls/register.ts`,text:`import type { AuthClient, RegisterInput } from '../../client/index.ts';

/**
 * Make the \`idempotencyKey\` once for the form:
 * \`crypto.randomUUID()\`. If the answer is lost, the same call
 * with the same key signs the user in. With another key, the
 * address would be taken.
 */
export const register = (
  auth: AuthClient,
  input: RegisterInput,
) => auth.register(input);
`}],email:[{path:`calls/email.ts`,text:`import type { AuthClient } from '../../client/index.ts';
import { ResendVerificationEmail } from '../generated.ts';

/** Three emails of a kind to one recipient in an hour. */
export const resendEmail = (auth: AuthClient, email: string) =>
  auth.request(ResendVerificationEmail, { input: { email } });
`}],verify:[{path:`calls/verify.ts`,text:`import type { AuthClient } from '../../client/index.ts';
import { VerifyEmail } from '../generated.ts';

/**
 * For the page that the link leads to: \`token\` is a parameter
 * of its address. It works without a session, too.
 */
export const verifyEmail = (auth: AuthClient, token: string) =>
  auth.request(VerifyEmail, { input: { token } });
`}],"sign-in":[{path:`calls/sign-in.ts`,text:`import type { AuthClient } from '../../client/index.ts';

/**
 * Returns \`SignedIn\`, \`MfaRequired\` or
 * \`EmailVerificationRequired\`, as every way in does.
 */
export const signIn = (
  auth: AuthClient,
  email: string,
  password: string,
) => auth.login({ email, password });

/** After \`MfaRequired\`: a code of the app, or a backup code. */
export const enterCode = (
  auth: AuthClient,
  challengeToken: string,
  code: string,
) => auth.verifyMfa({ challengeToken, code });

/** Throws if the server cannot be told. */
export const signOut = (auth: AuthClient) => auth.logout();
`}],"second-factor":[{path:`calls/second-factor.ts`,text:`import type { AuthClient } from '../../client/index.ts';
import { ConfirmMfaEnrollment, Reauthenticate, StartMfaEnrollment } from '../generated.ts';

/** The secret, and the address in the QR code. */
export const startEnrollment = async (auth: AuthClient) => {
  const data = await auth.request(StartMfaEnrollment, {});
  return data.startMfaEnrollment;
};

/**
 * A first code proves that the app works. The backup codes
 * are shown only now.
 */
export const confirmEnrollment = async (
  auth: AuthClient,
  code: string,
) => {
  const data = await auth.request(ConfirmMfaEnrollment, {
    input: { code },
  });
  return data.confirmMfaEnrollment.backupCodes;
};

/**
 * After REAUTHENTICATION_REQUIRED: the last proof of identity
 * was more than ten minutes ago.
 */
export const confirmIdentity = (
  auth: AuthClient,
  password: string,
) => auth.request(Reauthenticate, { input: { password } });
`}],sessions:[{path:`calls/sessions.ts`,text:`import type { AuthClient } from '../../client/index.ts';
import { OwnSessions, RevokeSession, SecurityEvents } from '../generated.ts';

/** Events after which the list is another one. */
const CHANGES = [
  'LOGIN', 'LOGOUT', 'REFRESH_TOKEN_REUSED',
  'SESSION_REVOKED', 'SESSIONS_REVOKED', 'PASSWORD_RESET',
];

/**
 * Yields the list, and again after each change. Throws when
 * this session ends: then the listeners of \`auth.onSession\`
 * have heard of it.
 */
export async function* followSessions(
  auth: AuthClient,
  onEvent: (event: object) => void,
) {
  const { me } = await auth.request(OwnSessions, {});
  yield me.sessions.nodes;
  // From the newest event on, so that none is lost.
  const after = me.auditEvents.nodes[0]?.id ?? null;
  const events = auth.subscribe(SecurityEvents, { after });
  for await (const { securityEvents: event } of events) {
    onEvent(event);
    if (!CHANGES.includes(event.action)) continue;
    const { me } = await auth.request(OwnSessions, {});
    yield me.sessions.nodes;
  }
}

export const endSession = (auth: AuthClient, sessionId: string) =>
  auth.request(RevokeSession, { input: { sessionId } });
`}],refresh:[{path:`calls/refresh.ts`,text:`import type { AuthClient } from '../../client/index.ts';

/**
 * Ask for each request anew: the client refreshes the token
 * when it is needed.
 */
export const readToken = (auth: AuthClient) => auth.accessToken();

/** For example because your own server refused the token. */
export const refreshNow = async (auth: AuthClient) => {
  const token = await auth.accessToken();
  return token && auth.accessToken({ replace: token.value });
};
`}],reuse:[{path:`calls/reuse.ts`,text:`import { createAuthClient, memoryStorage, type AuthClientOptions, type TokenStorage } from '../../client/index.ts';

/** What a script of an attacker does, if it can. */
export const copyRefreshToken = async (
  storage: TokenStorage,
) => (await storage.load())?.refreshToken ?? null;

/** Somebody else, with the copy. */
export const presentCopy = async (
  refreshToken: string,
  options: AuthClientOptions,
) => {
  const storage = memoryStorage();
  const idempotencyKey = crypto.randomUUID();
  await storage.save({ refreshToken, idempotencyKey });
  const thief = createAuthClient({ ...options, storage });
  // It refreshes with what the storage has.
  return thief.restore();
};
`},{path:`calls/history.ts`,text:`import type { AuthClient } from '../../client/index.ts';
import { History } from '../generated.ts';

/** What happened to the user's account, newest first. */
export const readHistory = async (auth: AuthClient) =>
  (await auth.request(History, {})).me.auditEvents.nodes;
`}],reset:[{path:`calls/reset.ts`,text:`import type { AuthClient } from '../../client/index.ts';
import { RequestPasswordReset, ResetPassword } from '../generated.ts';

/**
 * The answer is the same for every address, whether it has an
 * account or not.
 */
export const requestReset = (auth: AuthClient, email: string) =>
  auth.request(RequestPasswordReset, { input: { email } });

/** For the page behind the link. It ends all sessions. */
export const resetPassword = (
  auth: AuthClient,
  token: string,
  newPassword: string,
) => {
  const input = { token, newPassword };
  return auth.request(ResetPassword, { input });
};
`}],provider:[{path:`calls/provider.ts`,text:`import { readOAuthAnswer, type AuthClient } from '../../client/index.ts';
import { OAUTH_CALLBACK } from '../../shared/page.ts';
import { Providers } from '../generated.ts';

const FLOW = 'authgraph:demo:flow';

/** For the buttons of a sign-in page. */
export const readProviders = async (auth: AuthClient) =>
  (await auth.request(Providers, {})).authConfig.oauthProviders;

/**
 * The address to send the browser to. The flow token stays
 * here, where only this tab can read it.
 */
export const startOAuth = async (
  auth: AuthClient,
  provider: string,
) => {
  const redirectUri = \`\${location.origin}\${OAUTH_CALLBACK}\`;
  const started = await auth.startOAuth({ provider, redirectUri });
  sessionStorage.setItem(FLOW, started.flowToken);
  return started.url;
};

/**
 * On the page that the provider sends the browser back to. The
 * code must not stay in the address or in the history.
 */
export const completeOAuth = async (
  auth: AuthClient,
  returnTo: string,
) => {
  const answer = readOAuthAnswer(location.search);
  history.replaceState(null, '', returnTo);
  const flowToken = sessionStorage.getItem(FLOW) ?? '';
  sessionStorage.removeItem(FLOW);
  return auth.completeOAuth({ flowToken, ...answer });
};
`}],done:[]};export{e as SOURCES};