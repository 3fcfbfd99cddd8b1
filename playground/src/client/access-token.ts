// The access token that an application sees.
import type { Grant } from './session.js';

export interface AccessTokenOptions {
  /**
   * The value of an access token to replace before its time, for example because your own server refused it. All that ask to
   * replace the same token wait for one refresh.
   */
  readonly replace?: string;
}

/** An access token for requests that your own code sends. */
export interface AccessToken {
  readonly value: string;
  /** Seconds until it expires. */
  readonly expiresIn: number;
  /** Seconds until `accessToken` returns another one. */
  readonly renewsIn: number;
}

export const accessTokenOf = ({ accessToken, renewAt, expiresAt }: Grant): AccessToken => {
  const now = performance.now();
  return { value: accessToken, expiresIn: Math.max(expiresAt - now, 0) / 1000, renewsIn: Math.max(renewAt - now, 0) / 1000 };
};
