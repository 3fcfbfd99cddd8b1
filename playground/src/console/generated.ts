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

/** Input of `changePassword`. */
export type ChangePasswordInput = {
  /** The current password. */
  readonly currentPassword: string;
  /** New password that follows `authConfig.passwordPolicy`. */
  readonly newPassword: string;
};

/** Input of `createUser`. */
export type CreateUserInput = {
  /** Email address of the new account. The invitation is sent there. */
  readonly email: string;
  /**
   * Identifies this attempt, for example by a UUID; 1 to 128 characters. Repeating the call with the same key and
   * address within 24 hours returns the same user and sends no other email.
   */
  readonly idempotencyKey?: string | null | undefined;
  /** Language of the user as a BCP 47 tag, such as `en` or `pt-BR`. */
  readonly locale?: string | null | undefined;
  /** Display name, 1 to 80 characters. */
  readonly name?: string | null | undefined;
  /** Role of the new user. */
  readonly role?: Role;
};

/** A range of time. An omitted end is open. `from` must be earlier than `before`. */
export type DateTimeRange = {
  /** First moment after the range. */
  readonly before?: string | null | undefined;
  /** First moment of the range. */
  readonly from?: string | null | undefined;
};

/** Input of `deleteUser`. */
export type DeleteUserInput = {
  /** Id of the user to delete. */
  readonly userId: string | number;
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

/** Why an account is locked. */
export type LockCause =
  /** An administrator locked the account. Only administrators can unlock it before the lock ends. */
  | 'ADMINISTRATOR'
  /** Too many wrong passwords. Sessions go on. A password reset also removes this lock. */
  | 'WRONG_PASSWORDS';

/** Input of `lockUser`. */
export type LockUserInput = {
  /** When the lock ends. Must be in the future. If it is omitted or null, the lock does not end by itself. */
  readonly until?: string | null | undefined;
  /** Id of the user to lock. */
  readonly userId: string | number;
};

/** Input of `markEmailVerified`. */
export type MarkEmailVerifiedInput = {
  /** Id of the user whose address is verified. */
  readonly userId: string | number;
};

/** Sort direction. */
export type OrderDirection =
  /** Earliest first, or A to Z. */
  | 'ASC'
  /** Latest first, or Z to A. */
  | 'DESC';

/** Input of `resetUserMfa`. */
export type ResetUserMfaInput = {
  /** Id of the user whose second factor is turned off. */
  readonly userId: string | number;
};

/** Input of `restoreUser`. */
export type RestoreUserInput = {
  /** Id of the deleted user. */
  readonly userId: string | number;
};

/** Input of `revokeUserSession`. */
export type RevokeUserSessionInput = {
  /** Id of a session of any user. */
  readonly sessionId: string | number;
};

/** Input of `revokeUserSessions`. */
export type RevokeUserSessionsInput = {
  /** Id of the user whose sessions end. */
  readonly userId: string | number;
};

/** Role of a user, which decides what they may do. */
export type Role =
  /** May manage all accounts and read the audit trail. */
  | 'ADMIN'
  /** May manage their own account. */
  | 'USER';

/** Input of `sendUserPasswordReset`. */
export type SendUserPasswordResetInput = {
  /** Id of the user who gets the email. */
  readonly userId: string | number;
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

/** Status of a session. */
export type SessionStatus =
  /** Its tokens work. */
  | 'ACTIVE'
  /** A refresh token was used twice, so the server ended it. */
  | 'COMPROMISED'
  /** It was not refreshed in time. */
  | 'EXPIRED'
  /** A user, an administrator or a security rule ended it. */
  | 'REVOKED';

/** Input of `unlockUser`. */
export type UnlockUserInput = {
  /** Id of the user to unlock. */
  readonly userId: string | number;
};

/** Input of `updateUser`. Omitted fields keep their value; null clears `name` and `locale`, and is ignored for `role`. */
export type UpdateUserInput = {
  /** Language of the user as a BCP 47 tag, such as `en` or `pt-BR`. Null removes it; omitted, it stays. */
  readonly locale?: string | null | undefined;
  /** Display name, 1 to 80 characters. Null removes it; omitted, it stays. */
  readonly name?: string | null | undefined;
  /** New role; null or omitted, it stays. Administrators cannot change their own: CONFLICT. */
  readonly role?: Role | null | undefined;
  /** Id of the user to change. */
  readonly userId: string | number;
};

/** Selects users. A user must match every field that is given. */
export type UserFilter = {
  /** Only users whose account was created within this time. */
  readonly createdAt?: DateTimeRange | null | undefined;
  /** Only users whose address is verified (true) or not (false). */
  readonly emailVerified?: boolean | null | undefined;
  /** Only users who last signed in within this time. */
  readonly lastLoginAt?: DateTimeRange | null | undefined;
  /** Only users with (true) or without (false) a second factor. */
  readonly mfaEnabled?: boolean | null | undefined;
  /** Only users who can sign in with this provider. */
  readonly provider?: string | null | undefined;
  /** Only users with one of these roles. Must not be empty. */
  readonly roles?: ReadonlyArray<Role> | null | undefined;
  /**
   * Text within the email address or the name. Ignores case and character width in every script, and finds
   * international domains in both spellings. A text without three consecutive letters or digits only matches the
   * beginning, unless its script has no case, such as Chinese or Hindi. At most 100 characters.
   */
  readonly search?: string | null | undefined;
  /** Beginning of the email address or the name, ignoring case. The fastest search. */
  readonly startsWith?: string | null | undefined;
  /** Only users with one of these statuses. Must not be empty. Omitted or null: ACTIVE, INVITED and LOCKED. */
  readonly statuses?: ReadonlyArray<UserStatus> | null | undefined;
};

/** Order of a list of users. Users who never signed in count as earlier than all others. */
export type UserOrder = {
  /** Sort direction. */
  readonly direction: OrderDirection;
  /** Field to sort by. */
  readonly field: UserOrderField;
};

/** Fields to sort users by. */
export type UserOrderField =
  /** When the account was created. */
  | 'CREATED_AT'
  /** Email address. */
  | 'EMAIL'
  /** When the user last signed in. */
  | 'LAST_LOGIN_AT';

/** Status of an account. */
export type UserStatus =
  /** The user can sign in. */
  | 'ACTIVE'
  /** The account is deleted and can be restored. Only administrators can see it. */
  | 'DELETED'
  /** The account is deleted and its personal data erased. Only administrators can see it. */
  | 'ERASED'
  /** The user has not accepted the invitation yet. */
  | 'INVITED'
  /** The user cannot sign in until the lock ends. */
  | 'LOCKED';

export type ChangeOwnPasswordMutationVariables = Exact<{
  input: ChangePasswordInput;
}>;


export type ChangeOwnPasswordMutation = { readonly changePassword: { readonly endedSessionCount: number } };

export type EventRowFragment = { readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly ipAddress: string | null, readonly actor: { readonly id: string, readonly email: string } | null, readonly subject: { readonly id: string, readonly email: string } | null };

export type AuditTrailQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  filter?: AuditEventFilter | null | undefined;
}>;


export type AuditTrailQuery = { readonly newest: { readonly nodes: ReadonlyArray<{ readonly id: string }> }, readonly auditEvents: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly ipAddress: string | null, readonly actor: { readonly id: string, readonly email: string } | null, readonly subject: { readonly id: string, readonly email: string } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly hasPreviousPage: boolean, readonly startCursor: string | null, readonly endCursor: string | null } } };

export type FollowEventsSubscriptionVariables = Exact<{
  filter?: AuditEventFilter | null | undefined;
  after?: string | number | null | undefined;
}>;


export type FollowEventsSubscription = { readonly auditEvents: { readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly ipAddress: string | null, readonly actor: { readonly id: string, readonly email: string } | null, readonly subject: { readonly id: string, readonly email: string } | null } };

export type WholeEventFragment = { readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly sessionId: string | null, readonly endedSessionCount: number, readonly ipAddress: string | null, readonly userAgent: string | null, readonly correlationId: string, readonly metadata: unknown, readonly actor: { readonly id: string, readonly email: string } | null, readonly subject: { readonly id: string, readonly email: string } | null, readonly changes: ReadonlyArray<{ readonly field: string, readonly from: string | null, readonly to: string | null }> };

export type OneEventQueryVariables = Exact<{
  id: string | number;
}>;


export type OneEventQuery = { readonly node:
    | { readonly __typename: 'AuditEvent', readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly sessionId: string | null, readonly endedSessionCount: number, readonly ipAddress: string | null, readonly userAgent: string | null, readonly correlationId: string, readonly metadata: unknown, readonly actor: { readonly id: string, readonly email: string } | null, readonly subject: { readonly id: string, readonly email: string } | null, readonly changes: ReadonlyArray<{ readonly field: string, readonly from: string | null, readonly to: string | null }> }
    | { readonly __typename: 'OAuthAccount' }
    | { readonly __typename: 'Session' }
    | { readonly __typename: 'User' }
   | null };

export type ExportedEventsQueryVariables = Exact<{
  after?: string | null | undefined;
  filter?: AuditEventFilter | null | undefined;
}>;


export type ExportedEventsQuery = { readonly auditEvents: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly sessionId: string | null, readonly endedSessionCount: number, readonly ipAddress: string | null, readonly userAgent: string | null, readonly correlationId: string, readonly metadata: unknown, readonly actor: { readonly id: string, readonly email: string } | null, readonly subject: { readonly id: string, readonly email: string } | null, readonly changes: ReadonlyArray<{ readonly field: string, readonly from: string | null, readonly to: string | null }> }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type FindUserQueryVariables = Exact<{
  email: string;
}>;


export type FindUserQuery = { readonly users: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly email: string }> } };

export type VerifyTrailQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type VerifyTrailQuery = { readonly auditIntegrity: { readonly verifiedEventCount: number, readonly endCursor: string | null, readonly break: { readonly message: string, readonly event: { readonly id: string, readonly at: string, readonly action: AuditAction } | null } | null } };

export type LastSevenDaysQueryVariables = Exact<{ [key: string]: never; }>;


export type LastSevenDaysQuery = { readonly dashboard: { readonly totals: { readonly users: number, readonly verified: number, readonly locked: number, readonly withMfa: number, readonly activeSessions: number }, readonly days: ReadonlyArray<{ readonly date: string, readonly registrations: number, readonly logins: number, readonly failedLogins: number, readonly activeUsers: number }> } };

export type ServerSettingsQueryVariables = Exact<{ [key: string]: never; }>;


export type ServerSettingsQuery = { readonly settings: ReadonlyArray<{ readonly name: string, readonly section: string, readonly description: string, readonly value: string | null, readonly defaultValue: string | null, readonly isDefault: boolean, readonly isSecret: boolean }> };

export type UserProfileQueryVariables = Exact<{
  id: string | number;
}>;


export type UserProfileQuery = { readonly user: { readonly pendingEmail: string | null, readonly locale: string | null, readonly hasPassword: boolean, readonly updatedAt: string, readonly deletedAt: string | null, readonly erasedAt: string | null, readonly id: string, readonly email: string, readonly name: string | null, readonly role: Role, readonly status: UserStatus, readonly emailVerified: boolean, readonly createdAt: string, readonly lastLoginAt: string | null, readonly mfa: { readonly enabledAt: string | null, readonly backupCodesRemaining: number, readonly enabled: boolean }, readonly oauthAccounts: ReadonlyArray<{ readonly id: string, readonly email: string | null, readonly linkedAt: string, readonly lastUsedAt: string | null, readonly provider: { readonly displayName: string } }>, readonly lock: { readonly cause: LockCause, readonly until: string | null } | null } | null };

export type UserSessionsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  status?: SessionStatus | null | undefined;
}>;


export type UserSessionsQuery = { readonly user: { readonly sessions: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly current: boolean, readonly status: SessionStatus, readonly ipAddress: string | null, readonly authMethods: ReadonlyArray<AuthMethod>, readonly createdAt: string, readonly lastSeenAt: string, readonly expiresAt: string, readonly endedAt: string | null, readonly endReason: SessionEndReason | null, readonly device: { readonly name: string | null, readonly browser: string | null, readonly os: string | null } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly hasPreviousPage: boolean, readonly startCursor: string | null, readonly endCursor: string | null } } } | null };

export type UserHistoryQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}>;


export type UserHistoryQuery = { readonly user: { readonly auditEvents: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly reason: ErrorCode | null, readonly ipAddress: string | null, readonly actor: { readonly id: string, readonly email: string } | null, readonly subject: { readonly id: string, readonly email: string } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly hasPreviousPage: boolean, readonly startCursor: string | null, readonly endCursor: string | null } } } | null };

export type EditUserMutationVariables = Exact<{
  input: UpdateUserInput;
}>;


export type EditUserMutation = { readonly updateUser: { readonly user: { readonly id: string } } };

export type LockUserMutationVariables = Exact<{
  input: LockUserInput;
}>;


export type LockUserMutation = { readonly lockUser: { readonly user: { readonly id: string } } };

export type UnlockUserMutationVariables = Exact<{
  input: UnlockUserInput;
}>;


export type UnlockUserMutation = { readonly unlockUser: { readonly user: { readonly id: string } } };

export type MarkVerifiedMutationVariables = Exact<{
  input: MarkEmailVerifiedInput;
}>;


export type MarkVerifiedMutation = { readonly markEmailVerified: { readonly user: { readonly id: string } } };

export type SendResetMutationVariables = Exact<{
  input: SendUserPasswordResetInput;
}>;


export type SendResetMutation = { readonly sendUserPasswordReset: { readonly user: { readonly id: string } } };

export type ResetSecondFactorMutationVariables = Exact<{
  input: ResetUserMfaInput;
}>;


export type ResetSecondFactorMutation = { readonly resetUserMfa: { readonly user: { readonly id: string } } };

export type EndSessionsMutationVariables = Exact<{
  input: RevokeUserSessionsInput;
}>;


export type EndSessionsMutation = { readonly revokeUserSessions: { readonly endedSessionCount: number } };

export type EndSessionMutationVariables = Exact<{
  input: RevokeUserSessionInput;
}>;


export type EndSessionMutation = { readonly revokeUserSession: { readonly session: { readonly id: string } } };

export type DeleteUserMutationVariables = Exact<{
  input: DeleteUserInput;
}>;


export type DeleteUserMutation = { readonly deleteUser: { readonly user: { readonly id: string } } };

export type RestoreUserMutationVariables = Exact<{
  input: RestoreUserInput;
}>;


export type RestoreUserMutation = { readonly restoreUser: { readonly user: { readonly id: string } } };

export type UserRowFragment = { readonly id: string, readonly email: string, readonly name: string | null, readonly role: Role, readonly status: UserStatus, readonly emailVerified: boolean, readonly createdAt: string, readonly lastLoginAt: string | null, readonly mfa: { readonly enabled: boolean }, readonly lock: { readonly cause: LockCause, readonly until: string | null } | null };

export type UserListQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  filter?: UserFilter | null | undefined;
  orderBy?: UserOrder | null | undefined;
}>;


export type UserListQuery = { readonly users: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly email: string, readonly name: string | null, readonly role: Role, readonly status: UserStatus, readonly emailVerified: boolean, readonly createdAt: string, readonly lastLoginAt: string | null, readonly mfa: { readonly enabled: boolean }, readonly lock: { readonly cause: LockCause, readonly until: string | null } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly hasPreviousPage: boolean, readonly startCursor: string | null, readonly endCursor: string | null } } };

export type CountUsersQueryVariables = Exact<{
  filter?: UserFilter | null | undefined;
}>;


export type CountUsersQuery = { readonly users: { readonly totalCount: number } };

export type InviteUserMutationVariables = Exact<{
  input: CreateUserInput;
}>;


export type InviteUserMutation = { readonly createUser: { readonly user: { readonly id: string, readonly email: string } } };

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

const EventRowText = `fragment EventRow on AuditEvent {
  id
  at
  action
  outcome
  reason
  actor {
    id
    email
  }
  subject {
    id
    email
  }
  ipAddress
}`;

const UserRowText = `fragment UserRow on User {
  id
  email
  name
  role
  status
  emailVerified
  createdAt
  lastLoginAt
  mfa {
    enabled
  }
  lock {
    cause
    until
  }
}`;

const WholeEventText = `fragment WholeEvent on AuditEvent {
  id
  at
  action
  outcome
  reason
  actor {
    id
    email
  }
  subject {
    id
    email
  }
  sessionId
  changes {
    field
    from
    to
  }
  endedSessionCount
  ipAddress
  userAgent
  correlationId
  metadata
}`;

export const ChangeOwnPassword = new DocumentText<ChangeOwnPasswordMutation, ChangeOwnPasswordMutationVariables>(`mutation ChangeOwnPassword($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    endedSessionCount
  }
}`);

export const AuditTrail = new DocumentText<AuditTrailQuery, AuditTrailQueryVariables>(`query AuditTrail($first: Int, $after: String, $last: Int, $before: String, $filter: AuditEventFilter) {
  newest: auditEvents(first: 1) {
    nodes {
      id
    }
  }
  auditEvents(
    first: $first
    after: $after
    last: $last
    before: $before
    filter: $filter
  ) {
    nodes {
      ...EventRow
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}

${EventRowText}`);

export const FollowEvents = new DocumentText<FollowEventsSubscription, FollowEventsSubscriptionVariables>(`subscription FollowEvents($filter: AuditEventFilter, $after: ID) {
  auditEvents(filter: $filter, after: $after) {
    ...EventRow
  }
}

${EventRowText}`);

export const OneEvent = new DocumentText<OneEventQuery, OneEventQueryVariables>(`query OneEvent($id: ID!) {
  node(id: $id) {
    __typename
    ... on AuditEvent {
      ...WholeEvent
    }
  }
}

${WholeEventText}`);

export const ExportedEvents = new DocumentText<ExportedEventsQuery, ExportedEventsQueryVariables>(`query ExportedEvents($after: String, $filter: AuditEventFilter) {
  auditEvents(first: 100, after: $after, filter: $filter) {
    nodes {
      ...WholeEvent
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}

${WholeEventText}`);

export const FindUser = new DocumentText<FindUserQuery, FindUserQueryVariables>(`query FindUser($email: String!) {
  users(
    first: 2
    filter: {startsWith: $email, statuses: [ACTIVE, INVITED, LOCKED, DELETED]}
  ) {
    nodes {
      id
      email
    }
  }
}`);

export const VerifyTrail = new DocumentText<VerifyTrailQuery, VerifyTrailQueryVariables>(`query VerifyTrail($after: String) {
  auditIntegrity(after: $after) {
    verifiedEventCount
    endCursor
    break {
      message
      event {
        id
        at
        action
      }
    }
  }
}`);

export const LastSevenDays = new DocumentText<LastSevenDaysQuery, LastSevenDaysQueryVariables>(`query LastSevenDays {
  dashboard(days: 7) {
    totals {
      users
      verified
      locked
      withMfa
      activeSessions
    }
    days {
      date
      registrations
      logins
      failedLogins
      activeUsers
    }
  }
}`);

export const ServerSettings = new DocumentText<ServerSettingsQuery, ServerSettingsQueryVariables>(`query ServerSettings {
  settings {
    name
    section
    description
    value
    defaultValue
    isDefault
    isSecret
  }
}`);

export const UserProfile = new DocumentText<UserProfileQuery, UserProfileQueryVariables>(`query UserProfile($id: ID!) {
  user(id: $id) {
    ...UserRow
    pendingEmail
    locale
    hasPassword
    updatedAt
    deletedAt
    erasedAt
    mfa {
      enabledAt
      backupCodesRemaining
    }
    oauthAccounts {
      id
      email
      linkedAt
      lastUsedAt
      provider {
        displayName
      }
    }
  }
}

${UserRowText}`);

export const UserSessions = new DocumentText<UserSessionsQuery, UserSessionsQueryVariables>(`query UserSessions($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $status: SessionStatus) {
  user(id: $id) {
    sessions(
      first: $first
      after: $after
      last: $last
      before: $before
      status: $status
    ) {
      nodes {
        id
        current
        status
        ipAddress
        authMethods
        createdAt
        lastSeenAt
        expiresAt
        endedAt
        endReason
        device {
          name
          browser
          os
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
}`);

export const UserHistory = new DocumentText<UserHistoryQuery, UserHistoryQueryVariables>(`query UserHistory($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  user(id: $id) {
    auditEvents(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        ...EventRow
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
}

${EventRowText}`);

export const EditUser = new DocumentText<EditUserMutation, EditUserMutationVariables>(`mutation EditUser($input: UpdateUserInput!) {
  updateUser(input: $input) {
    user {
      id
    }
  }
}`);

export const LockUser = new DocumentText<LockUserMutation, LockUserMutationVariables>(`mutation LockUser($input: LockUserInput!) {
  lockUser(input: $input) {
    user {
      id
    }
  }
}`);

export const UnlockUser = new DocumentText<UnlockUserMutation, UnlockUserMutationVariables>(`mutation UnlockUser($input: UnlockUserInput!) {
  unlockUser(input: $input) {
    user {
      id
    }
  }
}`);

export const MarkVerified = new DocumentText<MarkVerifiedMutation, MarkVerifiedMutationVariables>(`mutation MarkVerified($input: MarkEmailVerifiedInput!) {
  markEmailVerified(input: $input) {
    user {
      id
    }
  }
}`);

export const SendReset = new DocumentText<SendResetMutation, SendResetMutationVariables>(`mutation SendReset($input: SendUserPasswordResetInput!) {
  sendUserPasswordReset(input: $input) {
    user {
      id
    }
  }
}`);

export const ResetSecondFactor = new DocumentText<ResetSecondFactorMutation, ResetSecondFactorMutationVariables>(`mutation ResetSecondFactor($input: ResetUserMfaInput!) {
  resetUserMfa(input: $input) {
    user {
      id
    }
  }
}`);

export const EndSessions = new DocumentText<EndSessionsMutation, EndSessionsMutationVariables>(`mutation EndSessions($input: RevokeUserSessionsInput!) {
  revokeUserSessions(input: $input) {
    endedSessionCount
  }
}`);

export const EndSession = new DocumentText<EndSessionMutation, EndSessionMutationVariables>(`mutation EndSession($input: RevokeUserSessionInput!) {
  revokeUserSession(input: $input) {
    session {
      id
    }
  }
}`);

export const DeleteUser = new DocumentText<DeleteUserMutation, DeleteUserMutationVariables>(`mutation DeleteUser($input: DeleteUserInput!) {
  deleteUser(input: $input) {
    user {
      id
    }
  }
}`);

export const RestoreUser = new DocumentText<RestoreUserMutation, RestoreUserMutationVariables>(`mutation RestoreUser($input: RestoreUserInput!) {
  restoreUser(input: $input) {
    user {
      id
    }
  }
}`);

export const UserList = new DocumentText<UserListQuery, UserListQueryVariables>(`query UserList($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter, $orderBy: UserOrder) {
  users(
    first: $first
    after: $after
    last: $last
    before: $before
    filter: $filter
    orderBy: $orderBy
  ) {
    nodes {
      ...UserRow
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}

${UserRowText}`);

export const CountUsers = new DocumentText<CountUsersQuery, CountUsersQueryVariables>(`query CountUsers($filter: UserFilter) {
  users(first: 0, filter: $filter) {
    totalCount
  }
}`);

export const InviteUser = new DocumentText<InviteUserMutation, InviteUserMutationVariables>(`mutation InviteUser($input: CreateUserInput!) {
  createUser(input: $input) {
    user {
      id
      email
    }
  }
}`);