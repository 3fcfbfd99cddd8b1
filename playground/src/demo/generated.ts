/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import { DocumentText } from '../client/document.ts';
/**
 * What was done or attempted. If `outcome` is FAILURE, `reason` says why it was refused. Newer servers may add values:
 * clients must accept values they do not know.
 */
export type AuditAction =
  /** A user deleted their own account. */
  | 'ACCOUNT_DELETED'
  /** Too many wrong passwords locked an account for a while. */
  | 'ACCOUNT_LOCKED'
  /** The operator created an administrator on the command line. */
  | 'ADMIN_CREATED'
  /**
   * The server removed events older than `AUDIT_RETENTION`. `metadata.removed` is their number, `metadata.before`
   * the time before which they happened.
   */
  | 'AUDIT_EVENTS_REMOVED'
  /** A user replaced their backup codes. */
  | 'BACKUP_CODES_REGENERATED'
  /** A user used one of their backup codes. */
  | 'BACKUP_CODE_USED'
  /** The new address was confirmed and replaced the old one. */
  | 'EMAIL_CHANGED'
  /** A user asked to change the email address. The new address has to confirm. */
  | 'EMAIL_CHANGE_REQUESTED'
  /** An email change was undone from the former address. All sessions ended. */
  | 'EMAIL_CHANGE_UNDONE'
  /** A login passed the first factor; the email address must be verified first. */
  | 'EMAIL_VERIFICATION_REQUIRED'
  /** A user verified their email address. */
  | 'EMAIL_VERIFIED'
  /** A user signed in. A refused attempt has no actor; its subject is the account that was tried, if it exists. */
  | 'LOGIN'
  /** A user signed out. */
  | 'LOGOUT'
  /** A sign-in passed the first factor; the second is required. */
  | 'MFA_CHALLENGED'
  /** A user turned the second factor off. */
  | 'MFA_DISABLED'
  /** A user turned the second factor on. */
  | 'MFA_ENABLED'
  /** A user started to set up an authenticator app. */
  | 'MFA_ENROLLMENT_STARTED'
  /** An administrator turned off a user's second factor. */
  | 'MFA_RESET'
  /**
   * An account at an OAuth provider was linked to a user, so that it can sign in as this user. `metadata.provider` names
   * the provider. A refused attempt has the user who tried as its actor.
   */
  | 'OAUTH_ACCOUNT_LINKED'
  /** A provider account was unlinked from a user. `metadata.provider` names the provider. */
  | 'OAUTH_ACCOUNT_UNLINKED'
  /** A user changed the password. All other sessions ended. */
  | 'PASSWORD_CHANGED'
  /** A user set a new password with the link of an email. All sessions ended. */
  | 'PASSWORD_RESET'
  /** Someone requested an email to reset a password. */
  | 'PASSWORD_RESET_REQUESTED'
  /** A user changed their name or language. */
  | 'PROFILE_UPDATED'
  /** A user confirmed their identity for a sensitive action. */
  | 'REAUTHENTICATED'
  /** A refresh token was used a second time. It may have been stolen, so the session was ended. */
  | 'REFRESH_TOKEN_REUSED'
  /** Someone tried to register an address that is taken. The subject is the user who has the address. */
  | 'REGISTRATION_REFUSED'
  /** An administrator changed a user's role. */
  | 'ROLE_CHANGED'
  /** A user or an administrator ended several sessions at once. `metadata.endedSessionIds` names them, at most 1,000. */
  | 'SESSIONS_REVOKED'
  /** The recipient of an email about a new sign-in said that it was not theirs. All sessions ended. */
  | 'SESSION_DISOWNED'
  /** A client exchanged a refresh token for new tokens. */
  | 'SESSION_REFRESHED'
  /** A user ended one of their sessions, or an administrator one of a user. */
  | 'SESSION_REVOKED'
  /** A user renamed the device of one of their sessions. */
  | 'SESSION_UPDATED'
  /** An action of a newer server version. Filters refuse it. */
  | 'UNKNOWN'
  /** An administrator deleted an account. Its sessions ended. It can be restored until its data is erased. */
  | 'USER_DELETED'
  /** The server erased the personal data of a deleted account. */
  | 'USER_ERASED'
  /** The operator imported an account of another system on the command line. */
  | 'USER_IMPORTED'
  /** An administrator created an account and invited its user. */
  | 'USER_INVITED'
  /** An administrator locked an account. Its sessions ended. */
  | 'USER_LOCKED'
  /** A user registered. */
  | 'USER_REGISTERED'
  /** An administrator restored a deleted account. */
  | 'USER_RESTORED'
  /** An administrator unlocked an account. */
  | 'USER_UNLOCKED'
  /** An administrator changed an account. */
  | 'USER_UPDATED'
  /** Someone requested another verification email. */
  | 'VERIFICATION_REQUESTED';

/** Whether an action succeeded. */
export type AuditOutcome =
  /** It was refused. */
  | 'FAILURE'
  /** It was done. */
  | 'SUCCESS'
  /** An outcome of a newer server version. Filters refuse it. */
  | 'UNKNOWN';

/** Input of `confirmMfaEnrollment`. */
export type ConfirmMfaEnrollmentInput = {
  /** Six-digit code of the authenticator app. */
  readonly code: string;
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

/** An ID token that an app got from a provider's own library, without a redirect. */
export type IdTokenAnswerInput = {
  /** `flowToken` of the `startIdTokenLogin` that this sign-in began with. It works once and expires after 10 minutes. */
  readonly flowToken: string;
  /** The ID token. Its `nonce` must be the one of `startIdTokenLogin`, as it is or as its SHA-256 in hexadecimal. */
  readonly idToken: string;
  /** Name of a new user, 1 to 80 characters. Apple gives it to the app with a user's first sign-in only. */
  readonly name?: string | null | undefined;
};

/** The parameters with which a provider sent the browser back to the redirect URI. */
export type OAuthAnswerInput = {
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

/** Input of `reauthenticate`. Requires everything that `Session.reauthenticationMethods` lists. */
export type ReauthenticateInput = {
  /** Six-digit code of the authenticator app, or a backup code. Required if the second factor is on. */
  readonly code?: string | null | undefined;
  /** The same for an ID token that an app got (`startIdTokenLogin`). Give at most one of `oauth` and `idToken`. */
  readonly idToken?: IdTokenAnswerInput | null | undefined;
  /**
   * Answer of a provider to a `startOAuth` with the purpose REAUTHENTICATE, in place of the password. The account there
   * must be linked to the user.
   */
  readonly oauth?: OAuthAnswerInput | null | undefined;
  /**
   * The account's password. Required from users without a second factor and from administrators, unless a provider
   * takes its place.
   */
  readonly password?: string | null | undefined;
};

/** Input of `requestPasswordReset`. */
export type RequestPasswordResetInput = {
  /** Address of the account. */
  readonly email: string;
};

/** Input of `resendVerificationEmail`. */
export type ResendVerificationEmailInput = {
  /** Address of the account to verify. */
  readonly email: string;
};

/** Input of `resetPassword`. */
export type ResetPasswordInput = {
  /** New password that follows `authConfig.passwordPolicy`. */
  readonly newPassword: string;
  /**
   * Token from the link of the reset email or the invitation. It works once and expires after `RESET_TOKEN_LIFETIME`
   * or `INVITATION_LIFETIME`.
   */
  readonly token: string;
};

/** Input of `revokeSession`. */
export type RevokeSessionInput = {
  /** Id of one of your own sessions. */
  readonly sessionId: string | number;
};

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

/** Input of `verifyEmail`. */
export type VerifyEmailInput = {
  /** Token from the link of the verification email. It works once and expires after `VERIFICATION_TOKEN_LIFETIME`. */
  readonly token: string;
};

export type ProvidersQueryVariables = Exact<{ [key: string]: never; }>;


export type ProvidersQuery = { readonly authConfig: { readonly oauthProviders: ReadonlyArray<{ readonly name: string, readonly displayName: string }> } };

export type VerifyEmailMutationVariables = Exact<{
  input: VerifyEmailInput;
}>;


export type VerifyEmailMutation = { readonly verifyEmail: { readonly email: string, readonly user: { readonly id: string, readonly emailVerified: boolean } | null } };

export type ResendVerificationEmailMutationVariables = Exact<{
  input: ResendVerificationEmailInput;
}>;


export type ResendVerificationEmailMutation = { readonly resendVerificationEmail: { readonly email: string } };

export type ReauthenticateMutationVariables = Exact<{
  input: ReauthenticateInput;
}>;


export type ReauthenticateMutation = { readonly reauthenticate: { readonly session: { readonly id: string, readonly recentAuthUntil: string | null } } };

export type StartMfaEnrollmentMutationVariables = Exact<{ [key: string]: never; }>;


export type StartMfaEnrollmentMutation = { readonly startMfaEnrollment: { readonly secret: string, readonly otpauthUri: string } };

export type ConfirmMfaEnrollmentMutationVariables = Exact<{
  input: ConfirmMfaEnrollmentInput;
}>;


export type ConfirmMfaEnrollmentMutation = { readonly confirmMfaEnrollment: { readonly backupCodes: ReadonlyArray<string>, readonly user: { readonly id: string, readonly mfa: { readonly enabled: boolean, readonly backupCodesRemaining: number } } } };

export type OwnSessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type OwnSessionsQuery = { readonly me: { readonly sessions: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly current: boolean, readonly ipAddress: string | null, readonly lastSeenAt: string, readonly device: { readonly name: string | null } }> }, readonly auditEvents: { readonly nodes: ReadonlyArray<{ readonly id: string }> } } };

export type SecurityEventsSubscriptionVariables = Exact<{
  after?: string | number | null | undefined;
}>;


export type SecurityEventsSubscription = { readonly securityEvents: { readonly id: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly sessionId: string | null } };

export type RevokeSessionMutationVariables = Exact<{
  input: RevokeSessionInput;
}>;


export type RevokeSessionMutation = { readonly revokeSession: { readonly session: { readonly id: string, readonly endedAt: string | null, readonly endReason: SessionEndReason | null } } };

export type HistoryQueryVariables = Exact<{ [key: string]: never; }>;


export type HistoryQuery = { readonly me: { readonly auditEvents: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly sessionId: string | null }> } } };

export type RequestPasswordResetMutationVariables = Exact<{
  input: RequestPasswordResetInput;
}>;


export type RequestPasswordResetMutation = { readonly requestPasswordReset: { readonly email: string } };

export type ResetPasswordMutationVariables = Exact<{
  input: ResetPasswordInput;
}>;


export type ResetPasswordMutation = { readonly resetPassword: { readonly email: string } };

export const Providers = new DocumentText<ProvidersQuery, ProvidersQueryVariables>(`query Providers {
  authConfig {
    oauthProviders {
      name
      displayName
    }
  }
}`);

export const VerifyEmail = new DocumentText<VerifyEmailMutation, VerifyEmailMutationVariables>(`mutation VerifyEmail($input: VerifyEmailInput!) {
  verifyEmail(input: $input) {
    email
    user {
      id
      emailVerified
    }
  }
}`);

export const ResendVerificationEmail = new DocumentText<ResendVerificationEmailMutation, ResendVerificationEmailMutationVariables>(`mutation ResendVerificationEmail($input: ResendVerificationEmailInput!) {
  resendVerificationEmail(input: $input) {
    email
  }
}`);

export const Reauthenticate = new DocumentText<ReauthenticateMutation, ReauthenticateMutationVariables>(`mutation Reauthenticate($input: ReauthenticateInput!) {
  reauthenticate(input: $input) {
    session {
      id
      recentAuthUntil
    }
  }
}`);

export const StartMfaEnrollment = new DocumentText<StartMfaEnrollmentMutation, StartMfaEnrollmentMutationVariables>(`mutation StartMfaEnrollment {
  startMfaEnrollment {
    secret
    otpauthUri
  }
}`);

export const ConfirmMfaEnrollment = new DocumentText<ConfirmMfaEnrollmentMutation, ConfirmMfaEnrollmentMutationVariables>(`mutation ConfirmMfaEnrollment($input: ConfirmMfaEnrollmentInput!) {
  confirmMfaEnrollment(input: $input) {
    backupCodes
    user {
      id
      mfa {
        enabled
        backupCodesRemaining
      }
    }
  }
}`);

export const OwnSessions = new DocumentText<OwnSessionsQuery, OwnSessionsQueryVariables>(`query OwnSessions {
  me {
    sessions(first: 10, status: ACTIVE) {
      nodes {
        id
        current
        device {
          name
        }
        ipAddress
        lastSeenAt
      }
    }
    auditEvents(first: 1) {
      nodes {
        id
      }
    }
  }
}`);

export const SecurityEvents = new DocumentText<SecurityEventsSubscription, SecurityEventsSubscriptionVariables>(`subscription SecurityEvents($after: ID) {
  securityEvents(after: $after) {
    id
    action
    outcome
    sessionId
  }
}`);

export const RevokeSession = new DocumentText<RevokeSessionMutation, RevokeSessionMutationVariables>(`mutation RevokeSession($input: RevokeSessionInput!) {
  revokeSession(input: $input) {
    session {
      id
      endedAt
      endReason
    }
  }
}`);

export const History = new DocumentText<HistoryQuery, HistoryQueryVariables>(`query History {
  me {
    auditEvents(first: 8) {
      nodes {
        id
        at
        action
        outcome
        reason
        sessionId
      }
    }
  }
}`);

export const RequestPasswordReset = new DocumentText<RequestPasswordResetMutation, RequestPasswordResetMutationVariables>(`mutation RequestPasswordReset($input: RequestPasswordResetInput!) {
  requestPasswordReset(input: $input) {
    email
  }
}`);

export const ResetPassword = new DocumentText<ResetPasswordMutation, ResetPasswordMutationVariables>(`mutation ResetPassword($input: ResetPasswordInput!) {
  resetPassword(input: $input) {
    email
  }
}`);