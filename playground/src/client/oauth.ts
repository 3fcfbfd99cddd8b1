// Signing in with a provider: what the page of the redirect URI reads.
import type { CompleteOAuthInput } from './generated/graphql.js';

/** What a provider sent the browser back with, as `completeOAuth`, `linkOAuthAccount` and `reauthenticate` take it. */
export type OAuthAnswer = Omit<CompleteOAuthInput, 'client' | 'flowToken'>;

/**
 * Reads the parameters of the address that the provider sent the browser to, such as `location.search`. Remove them from
 * the address then (`history.replaceState`): a code works once.
 */
export const readOAuthAnswer = (search: string): OAuthAnswer => {
  const parameters = new URLSearchParams(search);
  return {
    state: parameters.get('state') ?? '',
    code: parameters.get('code'),
    iss: parameters.get('iss'),
    user: parameters.get('user'),
    error: parameters.get('error'),
  };
};
