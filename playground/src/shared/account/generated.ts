/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import { DocumentText } from '../../client/document.ts';
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

/** Input of `confirmMfaEnrollment`. */
export type ConfirmMfaEnrollmentInput = {
  /** Six-digit code of the authenticator app. */
  readonly code: string;
};

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


export type OwnSecondFactorQuery = { readonly me: { readonly mfa: { readonly enabled: boolean, readonly backupCodesRemaining: number } } };

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