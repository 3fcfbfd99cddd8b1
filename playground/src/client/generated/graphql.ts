/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import { DocumentText } from '../document.js';
/** How a user proves their identity. */
export type AuthMethod =
  /** One of the user's backup codes. */
  | 'BACKUP_CODE'
  /** An account at an OAuth provider. */
  | 'OAUTH'
  /** The account's password. */
  | 'PASSWORD'
  /** Six-digit code of an authenticator app (RFC 6238). */
  | 'TOTP';

/** What a client tells about itself when it starts to log in. The server remembers it until the login is complete. */
export type ClientInput = {
  /** Name of this device in the list of sessions, 1 to 80 characters. */
  readonly deviceName?: string | null | undefined;
  /** How the refresh token is returned. `refresh` returns the next one in the same way as it got the last one. */
  readonly tokenDelivery?: TokenDelivery;
};

/** Input of `completeOAuth`. */
export type CompleteOAuthInput = {
  /** What the client tells about itself. */
  readonly client?: ClientInput | null | undefined;
  /** Parameter `code`. Give exactly one of `code` and `error`. */
  readonly code?: string | null | undefined;
  /** Parameter `error`, if the provider sent it in place of a code, such as `access_denied`. */
  readonly error?: string | null | undefined;
  /** `flowToken` of the `startOAuth` that this sign-in began with. It works once and expires after 10 minutes. */
  readonly flowToken: string;
  /** Parameter `iss` (RFC 9207), if the provider sent it. */
  readonly iss?: string | null | undefined;
  /** Parameter `state`. */
  readonly state: string;
  /**
   * Parameter `user`, if Apple sent it: with a user's first sign-in. The server takes the name of a new user from it, and
   * ignores everything else, and what is not as Apple writes it.
   */
  readonly user?: string | null | undefined;
};

/**
 * Value of `errors[].extensions.code`. Every error also has `extensions.statusCode` and `extensions.correlationId`.
 * The latter identifies the request in the response header `x-request-id` and in the server's log.
 */
export type ErrorCode =
  /**
   * Status 423. The account is locked. Returned only to clients that gave the right password or email token.
   * `extensions.retryAfter` is the number of seconds until the lock ends; it is missing if the lock does not end by
   * itself.
   */
  | 'ACCOUNT_LOCKED'
  /**
   * Status 400, 405, 406, 413 or 415. The HTTP request is invalid. A request by GET gets 405 if its operation is a mutation
   * or takes a secret.
   */
  | 'BAD_REQUEST'
  /** Status 400. A variable or an argument does not match its type. The message names its path. Nothing was executed. */
  | 'BAD_USER_INPUT'
  /** Status 409. The current state does not allow it. `extensions.reason` says why. */
  | 'CONFLICT'
  /** Status 409. The email address belongs to another account. */
  | 'EMAIL_TAKEN'
  /** Status 403. The role of the user, or a setting of the server, does not allow it. `extensions.reason` says which. */
  | 'FORBIDDEN'
  /** Status 400. The document is not valid GraphQL syntax. */
  | 'GRAPHQL_PARSE_FAILED'
  /** Status 400. The document does not match the schema. */
  | 'GRAPHQL_VALIDATION_FAILED'
  /** Status 500. An unexpected error. The server's log has the details under `extensions.correlationId`. */
  | 'INTERNAL'
  /** Status 401. The email address or the password is wrong. The error does not tell which. */
  | 'INVALID_CREDENTIALS'
  /**
   * Status 401. The code of the second factor is wrong or was used before. While signing in, `extensions.attemptsLeft` is
   * the number of attempts left. If it is 0, the user must log in again.
   */
  | 'INVALID_MFA_CODE'
  /**
   * Status 400. The token of an email or a challenge is not accepted. `extensions.reason` says why: EXPIRED, USED or
   * UNKNOWN.
   */
  | 'INVALID_TOKEN'
  /** Status 404. The object does not exist, or you may not see it. */
  | 'NOT_FOUND'
  /**
   * Status 401. A sign-in at an OAuth provider did not succeed. `extensions.reason` says why. Start again: an answer of a
   * provider works once.
   */
  | 'OAUTH_FAILED'
  /** Status 503. The server has too much to do. `extensions.retryAfter` is the number of seconds to wait. */
  | 'OVERLOADED'
  /** Status 200. The server does not know a document with this hash. Send the document as well. */
  | 'PERSISTED_QUERY_NOT_FOUND'
  /** Status 400. The document asks for too much. `extensions.cost` and `extensions.limit` say how much, if it was counted. */
  | 'QUERY_TOO_COMPLEX'
  /** Status 429. A rate limit is exhausted. `extensions.retryAfter` is the number of seconds to wait. */
  | 'RATE_LIMITED'
  /** Status 403. Call `reauthenticate` first. */
  | 'REAUTHENTICATION_REQUIRED'
  /** Status 401. The refresh token was used before, so the session was ended. */
  | 'REFRESH_TOKEN_REUSED'
  /** Status 401. The session of the refresh token has ended. `extensions.sessionEndReason` says why. */
  | 'SESSION_ENDED'
  /** Status 401. The access token is missing, malformed or expired, or its session has ended. */
  | 'UNAUTHENTICATED'
  /** Status 503. The database, or the OAuth provider (`extensions.reason` is `PROVIDER_UNAVAILABLE`), is not available. */
  | 'UNAVAILABLE'
  /** Status 400. Input values are invalid. `extensions.fields` lists all of them as `{ path, code, message }`. */
  | 'VALIDATION_FAILED';

/**
 * Value of `errors[].extensions.reason`: tells the causes of one `ErrorCode` apart. Newer servers may add values:
 * clients must accept values they do not know.
 */
export type ErrorReason =
  /** `OAUTH_FAILED`: the user, or the provider on their behalf, said no. */
  | 'ACCESS_DENIED'
  /** `OAUTH_FAILED`: the provider did not accept the code, or this server as its client. */
  | 'CODE_REFUSED'
  /** CONFLICT and `OAUTH_FAILED`: the account is deleted. It can be restored. */
  | 'DELETED'
  /** CONFLICT: a former address can still undo an email change. */
  | 'EMAIL_CHANGE_UNDOABLE'
  /** `OAUTH_FAILED`: no account is linked, and the provider does not confirm an email address to find or open one by. */
  | 'EMAIL_UNVERIFIED'
  /** CONFLICT: the personal data of the deleted account was erased. It cannot be restored. */
  | 'ERASED'
  /**
   * `INVALID_TOKEN`: the token has expired, was replaced by a newer one, or is no longer valid for the account. A user
   * needs a new email, or must log in again.
   */
  | 'EXPIRED'
  /** CONFLICT: the account has a password. Call `changePassword`. */
  | 'HAS_PASSWORD'
  /** `OAUTH_FAILED`: the ID token is not acceptable. The audit trail says why. */
  | 'INVALID_ID_TOKEN'
  /** `OAUTH_FAILED`: the server did not understand what the provider answered. */
  | 'INVALID_RESPONSE'
  /** `OAUTH_FAILED`: `iss` is missing, or names another issuer (RFC 9207). */
  | 'ISSUER_MISMATCH'
  /** CONFLICT: one administrator must remain. */
  | 'LAST_ADMIN'
  /** CONFLICT: the user could not sign in any more. Set a password or link another provider first. */
  | 'LAST_LOGIN_METHOD'
  /** CONFLICT: the provider account is linked to another user. */
  | 'LINKED_ELSEWHERE'
  /** CONFLICT: the second factor is off. */
  | 'MFA_OFF'
  /** CONFLICT: the second factor is already on. */
  | 'MFA_ON'
  /** CONFLICT: the account is not deleted. */
  | 'NOT_DELETED'
  /** CONFLICT: no enrollment of a second factor is waiting. */
  | 'NO_ENROLLMENT'
  /** CONFLICT: the account has no password and no second factor to prove an identity with. Sign in again. */
  | 'NO_PROOF'
  /** CONFLICT: administrators cannot do this to their own account. */
  | 'OWN_ACCOUNT'
  /** `OAUTH_FAILED`: the provider sent an error other than `access_denied`. */
  | 'PROVIDER_ERROR'
  /** UNAVAILABLE: the provider is not reachable or did not answer in time. */
  | 'PROVIDER_UNAVAILABLE'
  /** CONFLICT: another request changed the same at the same time. Try again. */
  | 'RACE'
  /** FORBIDDEN: registration is closed (`authConfig.registrationOpen`). */
  | 'REGISTRATION_CLOSED'
  /** FORBIDDEN: the field is for administrators. */
  | 'ROLE_TOO_LOW'
  /** `OAUTH_FAILED`: `state` is not the one of this sign-in. */
  | 'STATE_MISMATCH'
  /** `INVALID_TOKEN`: the server does not know the token. It also forgets tokens some days after they have expired. */
  | 'UNKNOWN'
  /** `INVALID_TOKEN`: the token was used before, or too many wrong codes were given for the challenge. */
  | 'USED'
  /** `OAUTH_FAILED`: the provider account is not one of the user's. */
  | 'WRONG_ACCOUNT';

/** What is wrong with an input value. Newer servers may add values: clients must accept values they do not know. */
export type FieldErrorCode =
  /** The password contains the email address or the name. */
  | 'CONTAINS_IDENTITY'
  /** It is malformed, or not allowed here. */
  | 'INVALID'
  /** It does not match the value it must be equal to. */
  | 'MISMATCH'
  /** The password has no digit. */
  | 'NO_DIGIT'
  /** The password has no lower-case letter. */
  | 'NO_LOWERCASE'
  /** The password has no symbol. */
  | 'NO_SYMBOL'
  /** The password has no upper-case letter. */
  | 'NO_UPPERCASE'
  /** It is too small, too large, too early or too late. */
  | 'OUT_OF_RANGE'
  /** It is required here. */
  | 'REQUIRED'
  /** The password is one of the most common ones. */
  | 'TOO_COMMON'
  /** It has too many characters. */
  | 'TOO_LONG'
  /** It has too few characters. */
  | 'TOO_SHORT'
  /** The server does not know, or no longer keeps, an event with this id. */
  | 'UNKNOWN_EVENT';

/** Input of `login`. */
export type LoginInput = {
  /** What the client tells about itself. */
  readonly client?: ClientInput | null | undefined;
  /** Email address of the account. */
  readonly email: string;
  /** Password of the account. */
  readonly password: string;
};

/** What a user signs in at a provider for. */
export type OAuthPurpose =
  /** To link the provider account to the signed-in user: `linkOAuthAccount`. */
  | 'LINK'
  /** To log in or to register: `completeOAuth`, `loginWithIdToken`. */
  | 'LOGIN'
  /** To confirm the identity of the signed-in user: `reauthenticate`. */
  | 'REAUTHENTICATE';

/** Input of `refresh`. */
export type RefreshInput = {
  /**
   * Identifies this attempt, for example by a UUID; 1 to 128 characters. Repeating it with the same token within
   * `REFRESH_REPLAY_WINDOW` returns the same tokens, so a lost response does not end the session.
   */
  readonly idempotencyKey?: string | null | undefined;
  /** The refresh token. Omit it if it is in the cookie. The next one is returned in the same way. */
  readonly refreshToken?: string | null | undefined;
};

/** Input of `register`. */
export type RegisterInput = {
  /** What the client tells about itself. */
  readonly client?: ClientInput | null | undefined;
  /** Email address of the new account. The user signs in with it. */
  readonly email: string;
  /**
   * Identifies this attempt, for example by a UUID; 1 to 128 characters. Repeating the call with the same key, address
   * and password within 24 hours logs the user in instead of failing with `EMAIL_TAKEN`.
   */
  readonly idempotencyKey?: string | null | undefined;
  /** Language of the user as a BCP 47 tag, such as `en` or `pt-BR`. */
  readonly locale?: string | null | undefined;
  /** Display name, 1 to 80 characters. */
  readonly name?: string | null | undefined;
  /** Password that follows `authConfig.passwordPolicy`. */
  readonly password: string;
};

/** Role of a user, which decides what they may do. */
export type Role =
  /** May manage all accounts and read the audit trail. */
  | 'ADMIN'
  /** May manage their own account. */
  | 'USER';

/** Why a session ended. The error `SESSION_ENDED` has it in `extensions.sessionEndReason`. */
export type SessionEndReason =
  /** The account was deleted. */
  | 'ACCOUNT_DELETED'
  /** An administrator locked the account. */
  | 'ACCOUNT_LOCKED'
  /** An email change was undone from the former address. */
  | 'EMAIL_CHANGE_UNDONE'
  /**
   * The owner of the email address proved it for the first time. The address was never verified before, so someone else
   * may have opened the session.
   */
  | 'EMAIL_CLAIMED'
  /** It was not refreshed in time. */
  | 'EXPIRED'
  /** The user signed out. */
  | 'LOGOUT'
  /** The password was changed in another session. */
  | 'PASSWORD_CHANGED'
  /** The password was reset by email. */
  | 'PASSWORD_RESET'
  /** An administrator ended it. */
  | 'REVOKED_BY_ADMIN'
  /** The user ended it from another session or by email. */
  | 'REVOKED_BY_USER'
  /** A refresh token was used twice, so it may have been stolen. */
  | 'TOKEN_REUSED';

/** Input of `startOAuth`. */
export type StartOAuthInput = {
  /** Email address that the provider suggests to the user. */
  readonly loginHint?: string | null | undefined;
  /** `name` of one of `authConfig.oauthProviders`. */
  readonly provider: string;
  /** What the sign-in is for. It cannot be used for anything else. */
  readonly purpose?: OAuthPurpose;
  /**
   * Where the provider sends the browser back to. One of `OAUTH_REDIRECT_URIS`, compared character by character; only
   * `http://127.0.0.1` and `http://[::1]` may have any port.
   */
  readonly redirectUri: string;
};

/** How the refresh token is returned to the client. */
export type TokenDelivery =
  /** In the field `refreshToken`, for clients that can store it safely. */
  | 'BODY'
  /**
   * In a cookie that scripts cannot read, for browsers. It is sent to this server only. `VALIDATION_FAILED` over a
   * WebSocket, which cannot set cookies.
   */
  | 'COOKIE';

/** Input of `verifyMfa`. */
export type VerifyMfaInput = {
  /** `challengeToken` of the `MfaRequired` that the first step returned. */
  readonly challengeToken: string;
  /**
   * Six-digit code of the authenticator app, or a backup code. Spaces and dashes are ignored, and digits of any
   * script are accepted.
   */
  readonly code: string;
};

type Entry_EmailVerificationRequired_Fragment = { readonly __typename: 'EmailVerificationRequired', readonly email: string, readonly message: string };

type Entry_MfaRequired_Fragment = { readonly __typename: 'MfaRequired', readonly challengeToken: string, readonly expiresAt: string, readonly methods: ReadonlyArray<AuthMethod>, readonly message: string };

type Entry_SignedIn_Fragment = { readonly __typename: 'SignedIn', readonly accessToken: string, readonly accessTokenExpiresIn: number, readonly refreshToken: string | null, readonly session: { readonly id: string }, readonly user: { readonly id: string, readonly email: string, readonly emailVerified: boolean, readonly name: string | null, readonly role: Role } };

export type EntryFragment =
  | Entry_EmailVerificationRequired_Fragment
  | Entry_MfaRequired_Fragment
  | Entry_SignedIn_Fragment
;

export type TokensFragment = { readonly accessToken: string, readonly accessTokenExpiresIn: number, readonly refreshToken: string | null, readonly session: { readonly id: string }, readonly user: { readonly id: string, readonly email: string, readonly emailVerified: boolean, readonly name: string | null, readonly role: Role } };

export type SessionUserFragment = { readonly id: string, readonly email: string, readonly emailVerified: boolean, readonly name: string | null, readonly role: Role };

export type LoginMutationVariables = Exact<{
  input: LoginInput;
}>;


export type LoginMutation = { readonly login:
    | { readonly __typename: 'EmailVerificationRequired', readonly email: string, readonly message: string }
    | { readonly __typename: 'MfaRequired', readonly challengeToken: string, readonly expiresAt: string, readonly methods: ReadonlyArray<AuthMethod>, readonly message: string }
    | { readonly __typename: 'SignedIn', readonly accessToken: string, readonly accessTokenExpiresIn: number, readonly refreshToken: string | null, readonly session: { readonly id: string }, readonly user: { readonly id: string, readonly email: string, readonly emailVerified: boolean, readonly name: string | null, readonly role: Role } }
   };

export type RegisterMutationVariables = Exact<{
  input: RegisterInput;
}>;


export type RegisterMutation = { readonly register:
    | { readonly __typename: 'EmailVerificationRequired', readonly email: string, readonly message: string }
    | { readonly __typename: 'MfaRequired', readonly challengeToken: string, readonly expiresAt: string, readonly methods: ReadonlyArray<AuthMethod>, readonly message: string }
    | { readonly __typename: 'SignedIn', readonly accessToken: string, readonly accessTokenExpiresIn: number, readonly refreshToken: string | null, readonly session: { readonly id: string }, readonly user: { readonly id: string, readonly email: string, readonly emailVerified: boolean, readonly name: string | null, readonly role: Role } }
   };

export type VerifyMfaMutationVariables = Exact<{
  input: VerifyMfaInput;
}>;


export type VerifyMfaMutation = { readonly verifyMfa:
    | { readonly __typename: 'EmailVerificationRequired', readonly email: string, readonly message: string }
    | { readonly __typename: 'MfaRequired', readonly challengeToken: string, readonly expiresAt: string, readonly methods: ReadonlyArray<AuthMethod>, readonly message: string }
    | { readonly __typename: 'SignedIn', readonly accessToken: string, readonly accessTokenExpiresIn: number, readonly refreshToken: string | null, readonly session: { readonly id: string }, readonly user: { readonly id: string, readonly email: string, readonly emailVerified: boolean, readonly name: string | null, readonly role: Role } }
   };

export type StartOAuthMutationVariables = Exact<{
  input: StartOAuthInput;
}>;


export type StartOAuthMutation = { readonly startOAuth: { readonly url: string, readonly flowToken: string, readonly expiresAt: string } };

export type CompleteOAuthMutationVariables = Exact<{
  input: CompleteOAuthInput;
}>;


export type CompleteOAuthMutation = { readonly completeOAuth:
    | { readonly __typename: 'EmailVerificationRequired', readonly email: string, readonly message: string }
    | { readonly __typename: 'MfaRequired', readonly challengeToken: string, readonly expiresAt: string, readonly methods: ReadonlyArray<AuthMethod>, readonly message: string }
    | { readonly __typename: 'SignedIn', readonly accessToken: string, readonly accessTokenExpiresIn: number, readonly refreshToken: string | null, readonly session: { readonly id: string }, readonly user: { readonly id: string, readonly email: string, readonly emailVerified: boolean, readonly name: string | null, readonly role: Role } }
   };

export type RefreshMutationVariables = Exact<{
  input: RefreshInput;
}>;


export type RefreshMutation = { readonly refresh: { readonly accessToken: string, readonly accessTokenExpiresIn: number, readonly refreshToken: string | null, readonly session: { readonly id: string }, readonly user: { readonly id: string, readonly email: string, readonly emailVerified: boolean, readonly name: string | null, readonly role: Role } } };

export type LogoutMutationVariables = Exact<{ [key: string]: never; }>;


export type LogoutMutation = { readonly logout: { readonly sessionId: string } };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { readonly me: { readonly locale: string | null, readonly id: string, readonly email: string, readonly emailVerified: boolean, readonly name: string | null, readonly role: Role, readonly mfa: { readonly enabled: boolean, readonly backupCodesRemaining: number } } };

export type RefusalFragment = { readonly code: ErrorCode, readonly reason: ErrorReason | null, readonly retryAfter: number | null, readonly attemptsLeft: number | null, readonly sessionEndReason: SessionEndReason | null, readonly correlationId: string, readonly fields: ReadonlyArray<{ readonly path: string, readonly code: FieldErrorCode, readonly message: string }> | null };

/** All values of `ErrorCode`. */
export const ErrorCodes: readonly ErrorCode[] = [
  'ACCOUNT_LOCKED',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'CONFLICT',
  'EMAIL_TAKEN',
  'FORBIDDEN',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'INTERNAL',
  'INVALID_CREDENTIALS',
  'INVALID_MFA_CODE',
  'INVALID_TOKEN',
  'NOT_FOUND',
  'OAUTH_FAILED',
  'OVERLOADED',
  'PERSISTED_QUERY_NOT_FOUND',
  'QUERY_TOO_COMPLEX',
  'RATE_LIMITED',
  'REAUTHENTICATION_REQUIRED',
  'REFRESH_TOKEN_REUSED',
  'SESSION_ENDED',
  'UNAUTHENTICATED',
  'UNAVAILABLE',
  'VALIDATION_FAILED',
];

/** All values of `ErrorReason`. */
export const ErrorReasons: readonly ErrorReason[] = [
  'ACCESS_DENIED',
  'CODE_REFUSED',
  'DELETED',
  'EMAIL_CHANGE_UNDOABLE',
  'EMAIL_UNVERIFIED',
  'ERASED',
  'EXPIRED',
  'HAS_PASSWORD',
  'INVALID_ID_TOKEN',
  'INVALID_RESPONSE',
  'ISSUER_MISMATCH',
  'LAST_ADMIN',
  'LAST_LOGIN_METHOD',
  'LINKED_ELSEWHERE',
  'MFA_OFF',
  'MFA_ON',
  'NOT_DELETED',
  'NO_ENROLLMENT',
  'NO_PROOF',
  'OWN_ACCOUNT',
  'PROVIDER_ERROR',
  'PROVIDER_UNAVAILABLE',
  'RACE',
  'REGISTRATION_CLOSED',
  'ROLE_TOO_LOW',
  'STATE_MISMATCH',
  'UNKNOWN',
  'USED',
  'WRONG_ACCOUNT',
];

/** All values of `FieldErrorCode`. */
export const FieldErrorCodes: readonly FieldErrorCode[] = [
  'CONTAINS_IDENTITY',
  'INVALID',
  'MISMATCH',
  'NO_DIGIT',
  'NO_LOWERCASE',
  'NO_SYMBOL',
  'NO_UPPERCASE',
  'OUT_OF_RANGE',
  'REQUIRED',
  'TOO_COMMON',
  'TOO_LONG',
  'TOO_SHORT',
  'UNKNOWN_EVENT',
];

/** All values of `SessionEndReason`. */
export const SessionEndReasons: readonly SessionEndReason[] = [
  'ACCOUNT_DELETED',
  'ACCOUNT_LOCKED',
  'EMAIL_CHANGE_UNDONE',
  'EMAIL_CLAIMED',
  'EXPIRED',
  'LOGOUT',
  'PASSWORD_CHANGED',
  'PASSWORD_RESET',
  'REVOKED_BY_ADMIN',
  'REVOKED_BY_USER',
  'TOKEN_REUSED',
];

const EntryText = `fragment Entry on LoginResult {
  __typename
  ... on SignedIn {
    ...Tokens
  }
  ... on MfaRequired {
    challengeToken
    expiresAt
    methods
  }
  ... on EmailVerificationRequired {
    email
  }
  ... on LoginStep {
    message
  }
}`;

const SessionUserText = `fragment SessionUser on User {
  id
  email
  emailVerified
  name
  role
}`;

const TokensText = `fragment Tokens on SignedIn {
  accessToken
  accessTokenExpiresIn
  refreshToken
  session {
    id
  }
  user {
    ...SessionUser
  }
}`;

export const Login = new DocumentText<LoginMutation, LoginMutationVariables>(`mutation Login($input: LoginInput!) {
  login(input: $input) {
    ...Entry
  }
}

${EntryText}

${SessionUserText}

${TokensText}`);

export const Register = new DocumentText<RegisterMutation, RegisterMutationVariables>(`mutation Register($input: RegisterInput!) {
  register(input: $input) {
    ...Entry
  }
}

${EntryText}

${SessionUserText}

${TokensText}`);

export const VerifyMfa = new DocumentText<VerifyMfaMutation, VerifyMfaMutationVariables>(`mutation VerifyMfa($input: VerifyMfaInput!) {
  verifyMfa(input: $input) {
    ...Entry
  }
}

${EntryText}

${SessionUserText}

${TokensText}`);

export const StartOAuth = new DocumentText<StartOAuthMutation, StartOAuthMutationVariables>(`mutation StartOAuth($input: StartOAuthInput!) {
  startOAuth(input: $input) {
    url
    flowToken
    expiresAt
  }
}`);

export const CompleteOAuth = new DocumentText<CompleteOAuthMutation, CompleteOAuthMutationVariables>(`mutation CompleteOAuth($input: CompleteOAuthInput!) {
  completeOAuth(input: $input) {
    ...Entry
  }
}

${EntryText}

${SessionUserText}

${TokensText}`);

export const Refresh = new DocumentText<RefreshMutation, RefreshMutationVariables>(`mutation Refresh($input: RefreshInput!) {
  refresh(input: $input) {
    ...Tokens
  }
}

${SessionUserText}

${TokensText}`);

export const Logout = new DocumentText<LogoutMutation, LogoutMutationVariables>(`mutation Logout {
  logout {
    sessionId
  }
}`);

export const Me = new DocumentText<MeQuery, MeQueryVariables>(`query Me {
  me {
    ...SessionUser
    locale
    mfa {
      enabled
      backupCodesRemaining
    }
  }
}

${SessionUserText}`);