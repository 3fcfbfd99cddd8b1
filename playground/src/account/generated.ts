/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import { DocumentText } from '../client/document.ts';
/** Input of `confirmEmailChange`. */
export type ConfirmEmailChangeInput = {
  /**
   * Token from the link of the email to the new address. It works once and expires after
   * `VERIFICATION_TOKEN_LIFETIME`.
   */
  readonly token: string;
};

/** Input of `disownSession`. */
export type DisownSessionInput = {
  /** Token from the link of the email about a new sign-in. It works once and expires after `DISOWN_SESSION_LIFETIME`. */
  readonly token: string;
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

/** Input of `undoEmailChange`. */
export type UndoEmailChangeInput = {
  /** Token from the link of the email to the former address. It works once and expires after `EMAIL_CHANGE_UNDO_LIFETIME`. */
  readonly token: string;
};

/** Input of `verifyEmail`. */
export type VerifyEmailInput = {
  /** Token from the link of the verification email. It works once and expires after `VERIFICATION_TOKEN_LIFETIME`. */
  readonly token: string;
};

export type VerifyAddressMutationVariables = Exact<{
  input: VerifyEmailInput;
}>;


export type VerifyAddressMutation = { readonly verifyEmail: { readonly email: string } };

export type ChoosePasswordMutationVariables = Exact<{
  input: ResetPasswordInput;
}>;


export type ChoosePasswordMutation = { readonly resetPassword: { readonly email: string } };

export type ConfirmAddressMutationVariables = Exact<{
  input: ConfirmEmailChangeInput;
}>;


export type ConfirmAddressMutation = { readonly confirmEmailChange: { readonly email: string } };

export type UndoAddressMutationVariables = Exact<{
  input: UndoEmailChangeInput;
}>;


export type UndoAddressMutation = { readonly undoEmailChange: { readonly email: string } };

export type DisownMutationVariables = Exact<{
  input: DisownSessionInput;
}>;


export type DisownMutation = { readonly disownSession: { readonly sessionId: string } };

export const VerifyAddress = new DocumentText<VerifyAddressMutation, VerifyAddressMutationVariables>(`mutation VerifyAddress($input: VerifyEmailInput!) {
  verifyEmail(input: $input) {
    email
  }
}`);

export const ChoosePassword = new DocumentText<ChoosePasswordMutation, ChoosePasswordMutationVariables>(`mutation ChoosePassword($input: ResetPasswordInput!) {
  resetPassword(input: $input) {
    email
  }
}`);

export const ConfirmAddress = new DocumentText<ConfirmAddressMutation, ConfirmAddressMutationVariables>(`mutation ConfirmAddress($input: ConfirmEmailChangeInput!) {
  confirmEmailChange(input: $input) {
    email
  }
}`);

export const UndoAddress = new DocumentText<UndoAddressMutation, UndoAddressMutationVariables>(`mutation UndoAddress($input: UndoEmailChangeInput!) {
  undoEmailChange(input: $input) {
    email
  }
}`);

export const Disown = new DocumentText<DisownMutation, DisownMutationVariables>(`mutation Disown($input: DisownSessionInput!) {
  disownSession(input: $input) {
    sessionId
  }
}`);