/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import { DocumentText } from '../../client/document.ts';
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

/** Input of `confirmMfaEnrollment`. */
export type ConfirmMfaEnrollmentInput = {
  /** Six-digit code of the authenticator app. */
  readonly code: string;
};

/** Input of `deleteAccount`. */
export type DeleteAccountInput = {
  /**
   * The account's own email address, as a safeguard against accidental deletion. `VALIDATION_FAILED` if it is another
   * one.
   */
  readonly email: string;
};

/** Input of `disableMfa`. */
export type DisableMfaInput = {
  /** Six-digit code of the authenticator app, or a backup code. */
  readonly code: string;
  /** The account's password. Only users without a password omit it. */
  readonly password?: string | null | undefined;
};

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

/** An ID token that an app got from a provider's own library, without a redirect. */
export type IdTokenAnswerInput = {
  /** `flowToken` of the `startIdTokenLogin` that this sign-in began with. It works once and expires after 10 minutes. */
  readonly flowToken: string;
  /** The ID token. Its `nonce` must be the one of `startIdTokenLogin`, as it is or as its SHA-256 in hexadecimal. */
  readonly idToken: string;
  /** Name of a new user, 1 to 80 characters. Apple gives it to the app with a user's first sign-in only. */
  readonly name?: string | null | undefined;
};

/** Input of `linkOAuthAccount`. Give exactly one of its fields. */
export type LinkOAuthAccountInput = {
  /** ID token for a `startIdTokenLogin` with the purpose LINK. */
  readonly idToken?: IdTokenAnswerInput | null | undefined;
  /** Answer of the provider to a `startOAuth` with the purpose LINK. */
  readonly oauth?: OAuthAnswerInput | null | undefined;
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

/** Input of `regenerateBackupCodes`. */
export type RegenerateBackupCodesInput = {
  /** Six-digit code of the authenticator app, or a current backup code. */
  readonly code: string;
};

/** Input of `requestEmailChange`. */
export type RequestEmailChangeInput = {
  /** The new address. It gets an email with a link to confirm. */
  readonly newEmail: string;
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

/** Input of `revokeSession`. */
export type RevokeSessionInput = {
  /** Id of one of your own sessions. */
  readonly sessionId: string | number;
};

/** Role of a user, which decides what they may do. */
export type Role =
  /** May manage all accounts and read the audit trail. */
  | 'ADMIN'
  /** May manage their own account. */
  | 'USER';

/** Input of `setPassword`. */
export type SetPasswordInput = {
  /** Password that follows `authConfig.passwordPolicy`. */
  readonly newPassword: string;
};

/** Input of `unlinkOAuthAccount`. */
export type UnlinkOAuthAccountInput = {
  /** Id of one of your own provider accounts. */
  readonly oauthAccountId: string | number;
};

/** Input of `updateProfile`. Omitted fields keep their value; null clears a field. */
export type UpdateProfileInput = {
  /** Language of the user as a BCP 47 tag, such as `en` or `pt-BR`. Null removes it; omitted, it stays. */
  readonly locale?: string | null | undefined;
  /** Display name, 1 to 80 characters. Null removes it; omitted, it stays. */
  readonly name?: string | null | undefined;
};

export type LoginOptionsQueryVariables = Exact<{ [key: string]: never; }>;


export type LoginOptionsQuery = { readonly authConfig: { readonly registrationOpen: boolean, readonly oauthProviders: ReadonlyArray<{ readonly name: string, readonly displayName: string }> } };

export type ResendVerificationMutationVariables = Exact<{
  input: ResendVerificationEmailInput;
}>;


export type ResendVerificationMutation = { readonly resendVerificationEmail: { readonly email: string } };

export type ForgotPasswordMutationVariables = Exact<{
  input: RequestPasswordResetInput;
}>;


export type ForgotPasswordMutation = { readonly requestPasswordReset: { readonly email: string } };

export type ConfirmationQueryVariables = Exact<{ [key: string]: never; }>;


export type ConfirmationQuery = { readonly session: { readonly recentAuthUntil: string | null, readonly reauthenticationMethods: ReadonlyArray<AuthMethod> }, readonly me: { readonly oauthAccounts: ReadonlyArray<{ readonly provider: { readonly name: string } }> } };

export type ConfirmIdentityMutationVariables = Exact<{
  input: ReauthenticateInput;
}>;


export type ConfirmIdentityMutation = { readonly reauthenticate: { readonly session: { readonly recentAuthUntil: string | null } } };

export type ConfirmWithProviderMutationVariables = Exact<{
  input: ReauthenticateInput;
}>;


export type ConfirmWithProviderMutation = { readonly reauthenticate: { readonly session: { readonly recentAuthUntil: string | null } } };

export type LinkProviderMutationVariables = Exact<{
  input: LinkOAuthAccountInput;
}>;


export type LinkProviderMutation = { readonly linkOAuthAccount: { readonly oauthAccount: { readonly id: string } } };

export type OwnSecondFactorQueryVariables = Exact<{ [key: string]: never; }>;


export type OwnSecondFactorQuery = { readonly me: { readonly hasPassword: boolean, readonly mfa: { readonly enabled: boolean, readonly backupCodesRemaining: number } } };

export type StartSecondFactorMutationVariables = Exact<{ [key: string]: never; }>;


export type StartSecondFactorMutation = { readonly startMfaEnrollment: { readonly secret: string, readonly otpauthUri: string } };

export type FinishSecondFactorMutationVariables = Exact<{
  input: ConfirmMfaEnrollmentInput;
}>;


export type FinishSecondFactorMutation = { readonly confirmMfaEnrollment: { readonly backupCodes: ReadonlyArray<string> } };

export type OwnSessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type OwnSessionsQuery = { readonly me: { readonly sessions: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly current: boolean, readonly ipAddress: string | null, readonly createdAt: string, readonly lastSeenAt: string, readonly device: { readonly name: string | null, readonly browser: string | null, readonly os: string | null } }>, readonly pageInfo: { readonly hasNextPage: boolean } } } };

export type EndSessionMutationVariables = Exact<{
  input: RevokeSessionInput;
}>;


export type EndSessionMutation = { readonly revokeSession: { readonly session: { readonly id: string } } };

export type EndOtherSessionsMutationVariables = Exact<{ [key: string]: never; }>;


export type EndOtherSessionsMutation = { readonly revokeOtherSessions: { readonly endedSessionCount: number } };

export type PasswordRulesQueryVariables = Exact<{ [key: string]: never; }>;


export type PasswordRulesQuery = { readonly authConfig: { readonly passwordPolicy: { readonly rules: ReadonlyArray<{ readonly code: FieldErrorCode, readonly limit: number | null, readonly message: string, readonly pattern: string | null }> } } };

export type OwnAccountQueryVariables = Exact<{ [key: string]: never; }>;


export type OwnAccountQuery = { readonly me: { readonly id: string, readonly email: string, readonly pendingEmail: string | null, readonly emailVerified: boolean, readonly name: string | null, readonly role: Role, readonly hasPassword: boolean, readonly createdAt: string } };

export type ChangeNameMutationVariables = Exact<{
  input: UpdateProfileInput;
}>;


export type ChangeNameMutation = { readonly updateProfile: { readonly user: { readonly id: string } } };

export type ChangeEmailMutationVariables = Exact<{
  input: RequestEmailChangeInput;
}>;


export type ChangeEmailMutation = { readonly requestEmailChange: { readonly user: { readonly pendingEmail: string | null } } };

export type ReplacePasswordMutationVariables = Exact<{
  input: ChangePasswordInput;
}>;


export type ReplacePasswordMutation = { readonly changePassword: { readonly endedSessionCount: number } };

export type FirstPasswordMutationVariables = Exact<{
  input: SetPasswordInput;
}>;


export type FirstPasswordMutation = { readonly setPassword: { readonly endedSessionCount: number } };

export type TurnSecondFactorOffMutationVariables = Exact<{
  input: DisableMfaInput;
}>;


export type TurnSecondFactorOffMutation = { readonly disableMfa: { readonly user: { readonly id: string } } };

export type NewBackupCodesMutationVariables = Exact<{
  input: RegenerateBackupCodesInput;
}>;


export type NewBackupCodesMutation = { readonly regenerateBackupCodes: { readonly backupCodes: ReadonlyArray<string> } };

export type OwnProvidersQueryVariables = Exact<{ [key: string]: never; }>;


export type OwnProvidersQuery = { readonly authConfig: { readonly oauthProviders: ReadonlyArray<{ readonly name: string, readonly displayName: string }> }, readonly me: { readonly oauthAccounts: ReadonlyArray<{ readonly id: string, readonly email: string | null, readonly linkedAt: string, readonly lastUsedAt: string | null, readonly provider: { readonly name: string, readonly displayName: string } }> } };

export type UnlinkProviderMutationVariables = Exact<{
  input: UnlinkOAuthAccountInput;
}>;


export type UnlinkProviderMutation = { readonly unlinkOAuthAccount: { readonly oauthAccountId: string } };

export type OwnEventsQueryVariables = Exact<{
  after?: string | null | undefined;
  actions: ReadonlyArray<AuditAction> | AuditAction;
}>;


export type OwnEventsQuery = { readonly me: { readonly auditEvents: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly action: AuditAction, readonly outcome: AuditOutcome, readonly ipAddress: string | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } } };

export type DeleteOwnAccountMutationVariables = Exact<{
  input: DeleteAccountInput;
}>;


export type DeleteOwnAccountMutation = { readonly deleteAccount: { readonly userId: string } };

export const LoginOptions = new DocumentText<LoginOptionsQuery, LoginOptionsQueryVariables>(`query LoginOptions {
  authConfig {
    registrationOpen
    oauthProviders {
      name
      displayName
    }
  }
}`);

export const ResendVerification = new DocumentText<ResendVerificationMutation, ResendVerificationMutationVariables>(`mutation ResendVerification($input: ResendVerificationEmailInput!) {
  resendVerificationEmail(input: $input) {
    email
  }
}`);

export const ForgotPassword = new DocumentText<ForgotPasswordMutation, ForgotPasswordMutationVariables>(`mutation ForgotPassword($input: RequestPasswordResetInput!) {
  requestPasswordReset(input: $input) {
    email
  }
}`);

export const Confirmation = new DocumentText<ConfirmationQuery, ConfirmationQueryVariables>(`query Confirmation {
  session {
    recentAuthUntil
    reauthenticationMethods
  }
  me {
    oauthAccounts {
      provider {
        name
      }
    }
  }
}`);

export const ConfirmIdentity = new DocumentText<ConfirmIdentityMutation, ConfirmIdentityMutationVariables>(`mutation ConfirmIdentity($input: ReauthenticateInput!) {
  reauthenticate(input: $input) {
    session {
      recentAuthUntil
    }
  }
}`);

export const ConfirmWithProvider = new DocumentText<ConfirmWithProviderMutation, ConfirmWithProviderMutationVariables>(`mutation ConfirmWithProvider($input: ReauthenticateInput!) {
  reauthenticate(input: $input) {
    session {
      recentAuthUntil
    }
  }
}`);

export const LinkProvider = new DocumentText<LinkProviderMutation, LinkProviderMutationVariables>(`mutation LinkProvider($input: LinkOAuthAccountInput!) {
  linkOAuthAccount(input: $input) {
    oauthAccount {
      id
    }
  }
}`);

export const OwnSecondFactor = new DocumentText<OwnSecondFactorQuery, OwnSecondFactorQueryVariables>(`query OwnSecondFactor {
  me {
    hasPassword
    mfa {
      enabled
      backupCodesRemaining
    }
  }
}`);

export const StartSecondFactor = new DocumentText<StartSecondFactorMutation, StartSecondFactorMutationVariables>(`mutation StartSecondFactor {
  startMfaEnrollment {
    secret
    otpauthUri
  }
}`);

export const FinishSecondFactor = new DocumentText<FinishSecondFactorMutation, FinishSecondFactorMutationVariables>(`mutation FinishSecondFactor($input: ConfirmMfaEnrollmentInput!) {
  confirmMfaEnrollment(input: $input) {
    backupCodes
  }
}`);

export const OwnSessions = new DocumentText<OwnSessionsQuery, OwnSessionsQueryVariables>(`query OwnSessions {
  me {
    sessions(first: 50, status: ACTIVE) {
      nodes {
        id
        current
        ipAddress
        createdAt
        lastSeenAt
        device {
          name
          browser
          os
        }
      }
      pageInfo {
        hasNextPage
      }
    }
  }
}`);

export const EndSession = new DocumentText<EndSessionMutation, EndSessionMutationVariables>(`mutation EndSession($input: RevokeSessionInput!) {
  revokeSession(input: $input) {
    session {
      id
    }
  }
}`);

export const EndOtherSessions = new DocumentText<EndOtherSessionsMutation, EndOtherSessionsMutationVariables>(`mutation EndOtherSessions {
  revokeOtherSessions {
    endedSessionCount
  }
}`);

export const PasswordRules = new DocumentText<PasswordRulesQuery, PasswordRulesQueryVariables>(`query PasswordRules {
  authConfig {
    passwordPolicy {
      rules {
        code
        limit
        message
        pattern
      }
    }
  }
}`);

export const OwnAccount = new DocumentText<OwnAccountQuery, OwnAccountQueryVariables>(`query OwnAccount {
  me {
    id
    email
    pendingEmail
    emailVerified
    name
    role
    hasPassword
    createdAt
  }
}`);

export const ChangeName = new DocumentText<ChangeNameMutation, ChangeNameMutationVariables>(`mutation ChangeName($input: UpdateProfileInput!) {
  updateProfile(input: $input) {
    user {
      id
    }
  }
}`);

export const ChangeEmail = new DocumentText<ChangeEmailMutation, ChangeEmailMutationVariables>(`mutation ChangeEmail($input: RequestEmailChangeInput!) {
  requestEmailChange(input: $input) {
    user {
      pendingEmail
    }
  }
}`);

export const ReplacePassword = new DocumentText<ReplacePasswordMutation, ReplacePasswordMutationVariables>(`mutation ReplacePassword($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    endedSessionCount
  }
}`);

export const FirstPassword = new DocumentText<FirstPasswordMutation, FirstPasswordMutationVariables>(`mutation FirstPassword($input: SetPasswordInput!) {
  setPassword(input: $input) {
    endedSessionCount
  }
}`);

export const TurnSecondFactorOff = new DocumentText<TurnSecondFactorOffMutation, TurnSecondFactorOffMutationVariables>(`mutation TurnSecondFactorOff($input: DisableMfaInput!) {
  disableMfa(input: $input) {
    user {
      id
    }
  }
}`);

export const NewBackupCodes = new DocumentText<NewBackupCodesMutation, NewBackupCodesMutationVariables>(`mutation NewBackupCodes($input: RegenerateBackupCodesInput!) {
  regenerateBackupCodes(input: $input) {
    backupCodes
  }
}`);

export const OwnProviders = new DocumentText<OwnProvidersQuery, OwnProvidersQueryVariables>(`query OwnProviders {
  authConfig {
    oauthProviders {
      name
      displayName
    }
  }
  me {
    oauthAccounts {
      id
      email
      linkedAt
      lastUsedAt
      provider {
        name
        displayName
      }
    }
  }
}`);

export const UnlinkProvider = new DocumentText<UnlinkProviderMutation, UnlinkProviderMutationVariables>(`mutation UnlinkProvider($input: UnlinkOAuthAccountInput!) {
  unlinkOAuthAccount(input: $input) {
    oauthAccountId
  }
}`);

export const OwnEvents = new DocumentText<OwnEventsQuery, OwnEventsQueryVariables>(`query OwnEvents($after: String, $actions: [AuditAction!]!) {
  me {
    auditEvents(first: 20, after: $after, filter: {actions: $actions}) {
      nodes {
        id
        at
        action
        outcome
        ipAddress
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}`);

export const DeleteOwnAccount = new DocumentText<DeleteOwnAccountMutation, DeleteOwnAccountMutationVariables>(`mutation DeleteOwnAccount($input: DeleteAccountInput!) {
  deleteAccount(input: $input) {
    userId
  }
}`);