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

/** Selects audit events. An event must match every field that is given. */
export type AuditEventFilter = {
  /** Only events with one of these actions. Must not be empty. */
  readonly actions?: ReadonlyArray<AuditAction> | null | undefined;
  /** Only events caused by this user. */
  readonly actorId?: string | number | null | undefined;
  /** Only events within this time. */
  readonly at?: DateTimeRange | null | undefined;
  /** Only events from exactly this IPv4 or IPv6 address. */
  readonly ipAddress?: string | null | undefined;
  /** Only events with one of these outcomes. Must not be empty. */
  readonly outcomes?: ReadonlyArray<AuditOutcome> | null | undefined;
  /** Only events in this session, or about it. */
  readonly sessionId?: string | number | null | undefined;
  /** Only events that happened to this user. */
  readonly subjectId?: string | number | null | undefined;
};

/** Whether an action succeeded. */
export type AuditOutcome =
  /** It was refused. */
  | 'FAILURE'
  /** It was done. */
  | 'SUCCESS'
  /** An outcome of a newer server version. Filters refuse it. */
  | 'UNKNOWN';

/** A range of time. An omitted end is open. `from` must be earlier than `before`. */
export type DateTimeRange = {
  /** First moment after the range. */
  readonly before?: string | null | undefined;
  /** First moment of the range. */
  readonly from?: string | null | undefined;
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

export type AuditRowFragment = { readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly ipAddress: string | null, readonly actor: { readonly id: string, readonly email: string } | null, readonly subject: { readonly id: string, readonly email: string } | null };

export type NewestAuditEventQueryVariables = Exact<{ [key: string]: never; }>;


export type NewestAuditEventQuery = { readonly auditEvents: { readonly nodes: ReadonlyArray<{ readonly id: string }> } };

export type RecentAuditEventsQueryVariables = Exact<{
  filter?: AuditEventFilter | null | undefined;
}>;


export type RecentAuditEventsQuery = { readonly auditEvents: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly ipAddress: string | null, readonly actor: { readonly id: string, readonly email: string } | null, readonly subject: { readonly id: string, readonly email: string } | null }> } };

export type TailAuditEventsSubscriptionVariables = Exact<{
  filter?: AuditEventFilter | null | undefined;
  after?: string | number | null | undefined;
}>;


export type TailAuditEventsSubscription = { readonly auditEvents: { readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly ipAddress: string | null, readonly actor: { readonly id: string, readonly email: string } | null, readonly subject: { readonly id: string, readonly email: string } | null } };

export type AuditUserQueryVariables = Exact<{
  search: string;
}>;


export type AuditUserQuery = { readonly users: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly email: string }> } };

/** All values of `AuditAction`. */
export const AuditActions: readonly AuditAction[] = [
  'ACCOUNT_DELETED',
  'ACCOUNT_LOCKED',
  'ADMIN_CREATED',
  'AUDIT_EVENTS_REMOVED',
  'BACKUP_CODES_REGENERATED',
  'BACKUP_CODE_USED',
  'EMAIL_CHANGED',
  'EMAIL_CHANGE_REQUESTED',
  'EMAIL_CHANGE_UNDONE',
  'EMAIL_VERIFICATION_REQUIRED',
  'EMAIL_VERIFIED',
  'LOGIN',
  'LOGOUT',
  'MFA_CHALLENGED',
  'MFA_DISABLED',
  'MFA_ENABLED',
  'MFA_ENROLLMENT_STARTED',
  'MFA_RESET',
  'OAUTH_ACCOUNT_LINKED',
  'OAUTH_ACCOUNT_UNLINKED',
  'PASSWORD_CHANGED',
  'PASSWORD_RESET',
  'PASSWORD_RESET_REQUESTED',
  'PROFILE_UPDATED',
  'REAUTHENTICATED',
  'REFRESH_TOKEN_REUSED',
  'REGISTRATION_REFUSED',
  'ROLE_CHANGED',
  'SESSIONS_REVOKED',
  'SESSION_DISOWNED',
  'SESSION_REFRESHED',
  'SESSION_REVOKED',
  'SESSION_UPDATED',
  'UNKNOWN',
  'USER_DELETED',
  'USER_ERASED',
  'USER_IMPORTED',
  'USER_INVITED',
  'USER_LOCKED',
  'USER_REGISTERED',
  'USER_RESTORED',
  'USER_UNLOCKED',
  'USER_UPDATED',
  'VERIFICATION_REQUESTED',
];

const AuditRowText = `fragment AuditRow on AuditEvent {
  id
  at
  action
  outcome
  reason
  ipAddress
  actor {
    id
    email
  }
  subject {
    id
    email
  }
}`;

export const NewestAuditEvent = new DocumentText<NewestAuditEventQuery, NewestAuditEventQueryVariables>(`query NewestAuditEvent {
  auditEvents(first: 1) {
    nodes {
      id
    }
  }
}`);

export const RecentAuditEvents = new DocumentText<RecentAuditEventsQuery, RecentAuditEventsQueryVariables>(`query RecentAuditEvents($filter: AuditEventFilter) {
  auditEvents(first: 20, filter: $filter) {
    nodes {
      ...AuditRow
    }
  }
}

${AuditRowText}`);

export const TailAuditEvents = new DocumentText<TailAuditEventsSubscription, TailAuditEventsSubscriptionVariables>(`subscription TailAuditEvents($filter: AuditEventFilter, $after: ID) {
  auditEvents(filter: $filter, after: $after) {
    ...AuditRow
  }
}

${AuditRowText}`);

export const AuditUser = new DocumentText<AuditUserQuery, AuditUserQueryVariables>(`query AuditUser($search: String!) {
  users(first: 20, filter: {search: $search}) {
    nodes {
      id
      email
    }
  }
}`);