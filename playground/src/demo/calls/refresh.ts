import type { AuthClient } from '../../client/index.ts';

/**
 * Ask for each request anew: the client refreshes the token
 * when it is needed.
 */
export const readToken = (auth: AuthClient) => auth.accessToken();

/** For example because your own server refused the token. */
export const refreshNow = async (auth: AuthClient) => {
  const token = await auth.accessToken();
  return token && auth.accessToken({ replace: token.value });
};
