// @authgraph/client: what an application imports.
export { createAuthClient } from './client.js';
export type { AccessToken, AccessTokenOptions } from './access-token.js';
export type { AuthClient, AuthClientOptions, LoginResult, RequestOptions } from './client.js';
export { DocumentText } from './document.js';
export type { DataOf, TypedDocument } from './document.js';
export { AuthError } from './errors.js';
export type { AuthErrorCode, FieldError } from './errors.js';
export type {
  AuthMethod,
  CompleteOAuthInput,
  ErrorCode,
  ErrorReason,
  FieldErrorCode,
  LoginInput,
  MeQuery,
  OAuthPurpose,
  RegisterInput,
  Role,
  SessionEndReason,
  SessionUserFragment,
  StartOAuthInput,
  StartOAuthMutation,
  VerifyMfaInput,
} from './generated/graphql.js';
export type { Fetch } from './http.js';
export type { Session, SessionListener } from './session.js';
export { readOAuthAnswer } from './oauth.js';
export type { OAuthAnswer } from './oauth.js';
export type { SubscribeOptions } from './subscriptions.js';
export { memoryStorage, webStorage } from './storage.js';
export type { ItemStorage, StoredTokens, TokenStorage } from './storage.js';
export type { Locks } from './tabs.js';
