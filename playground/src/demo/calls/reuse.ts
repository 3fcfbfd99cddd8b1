import { createAuthClient, memoryStorage, type AuthClient, type AuthClientOptions, type TokenStorage } from '../../client/index.ts';
import { refreshNow } from './refresh.ts';

/** What a script of an attacker does, if it can. */
export const copyRefreshToken = async (storage: TokenStorage) =>
  (await storage.load())?.refreshToken ?? null;

/** The honest user goes on meanwhile. */
export const refreshTwice = async (auth: AuthClient) => {
  await refreshNow(auth);
  await refreshNow(auth);
};

/** Somebody else, who refreshes with the copy. */
export const presentCopy = async (
  refreshToken: string,
  options: AuthClientOptions,
) => {
  const storage = memoryStorage();
  const idempotencyKey = crypto.randomUUID();
  await storage.save({ refreshToken, idempotencyKey });
  const thief = createAuthClient({ ...options, storage });
  return thief.restore();
};
