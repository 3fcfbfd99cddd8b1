// The tokens of a session, and what of them outlives a reload.

export interface Tokens {
  sessionId: string;
  refreshToken: string;
  /** The idempotency key of the next refresh. It goes where the refresh token goes: a copy that refreshes, too, counts as the same attempt. */
  refreshKey: string;
  accessToken: string;
  /** In milliseconds since 1970, as the other times. */
  receivedAt: number;
  expiresAt: number;
}

/** What an operation that signs in or refreshes selects. */
export const TOKENS = `fragment Tokens on SignedIn {
  accessToken accessTokenExpiresIn refreshToken session { id }
  user { id email name role mfa { enabled backupCodesRemaining } }
}`;

export interface Account {
  id: string;
  email: string;
  name: string | null;
  role: string;
  mfa: { enabled: boolean; backupCodesRemaining: number };
}

export interface SignedIn {
  __typename: 'SignedIn';
  accessToken: string;
  accessTokenExpiresIn: number;
  refreshToken: string;
  session: { id: string };
  user: Account;
}

export const tokensOf = ({ accessToken, accessTokenExpiresIn, refreshToken, session }: SignedIn): Tokens => {
  const receivedAt = Date.now();
  return {
    sessionId: session.id,
    refreshToken,
    refreshKey: randomKey(),
    accessToken,
    receivedAt,
    // Counted from the lifetime: the clock of this machine may be wrong.
    expiresAt: receivedAt + accessTokenExpiresIn * 1000,
  };
};

/** From when on a token is renewed: in the last quarter of its lifetime, at most a minute before its end. */
export const renewAt = ({ receivedAt, expiresAt }: Tokens): number => expiresAt - Math.min((expiresAt - receivedAt) / 4, 60_000);

const randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * A reload must not sign out, so the refresh token is in sessionStorage: it belongs to this tab, and goes with it. The cookie that
 * scripts cannot read is no choice here. It belongs to the frontends of this server, and a browser has one of it: whoever signed in
 * here would be signed in there.
 */
const KEY = 'authgraph:session';

export const store = (tokens: Tokens | undefined): void => {
  if (!tokens) return sessionStorage.removeItem(KEY);
  // Expired on purpose: the access token stays in memory.
  sessionStorage.setItem(KEY, JSON.stringify({ ...tokens, accessToken: '', expiresAt: 0 }));
};

export const restore = (): Tokens | undefined => {
  const text = sessionStorage.getItem(KEY);
  try {
    return text ? (JSON.parse(text) as Tokens) : undefined;
  } catch {
    return undefined;
  }
};
