// Keeps the tokens of a session in memory, and refreshes them once for all requests that wait.
import { graphql } from '../generated/gql.js';
import type { ErrorCode, TokensFragment } from '../generated/graphql.js';
import { execute } from './execute.js';
import { refusalOf } from './refusal.js';

graphql(`
  fragment Tokens on SignedIn {
    accessToken
    accessTokenExpiresIn
    refreshToken
  }
`);

const Refresh = graphql(`
  mutation Refresh($input: RefreshInput!) {
    refresh(input: $input) {
      ...Tokens
    }
  }
`);

/** After these the user has to log in again; after every other error the session is intact. */
const FINAL: readonly ErrorCode[] = ['UNAUTHENTICATED', 'SESSION_ENDED', 'REFRESH_TOKEN_REUSED'];
const ATTEMPTS = 3;

/** Returns a function that returns an access token that has not expired. `now` counts milliseconds, whatever the time of day. */
export const keepTokens = (url: string, first: TokensFragment, now = () => performance.now()): (() => Promise<string>) => {
  let tokens = first;
  // A monotonic clock: the device's time of day may be wrong, or change. The last tenth is kept for requests on their way.
  const renewalOf = (lifetime: number) => now() + lifetime * 900;
  let renewAt = renewalOf(first.accessTokenExpiresIn);
  let running: Promise<void> | undefined;

  const refresh = async () => {
    // The same key in each attempt: if the answer is lost, the server gives it again.
    const input = { refreshToken: tokens.refreshToken, idempotencyKey: crypto.randomUUID() };
    for (let attempt = 1; ; attempt++) {
      try {
        tokens = (await execute({ url }, Refresh, { input })).refresh;
        renewAt = renewalOf(tokens.accessTokenExpiresIn);
        return;
      } catch (error) {
        const refusal = refusalOf(error);
        if (attempt === ATTEMPTS || (refusal && FINAL.includes(refusal.code))) throw error;
        await new Promise((wake) => setTimeout(wake, (refusal?.retryAfter ?? attempt) * 1000));
      }
    }
  };

  return async () => {
    if (now() >= renewAt) {
      // A refresh token works once: all requests that need a new access token wait for the same refresh.
      running ??= refresh().finally(() => {
        running = undefined;
      });
      await running;
    }
    return tokens.accessToken;
  };
};
