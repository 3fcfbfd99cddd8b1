import { createAuthClient, memoryStorage, type AuthClientOptions, type TokenStorage } from '../../client/index.ts';

/** What a script of an attacker does, if it can. */
export const copyRefreshToken = async (
  storage: TokenStorage,
) => (await storage.load())?.refreshToken ?? null;

/** Somebody else, with the copy. */
export const presentCopy = async (
  refreshToken: string,
  options: AuthClientOptions,
) => {
  const storage = memoryStorage();
  const idempotencyKey = crypto.randomUUID();
  await storage.save({ refreshToken, idempotencyKey });
  const thief = createAuthClient({ ...options, storage });
  // It refreshes with what the storage has.
  return thief.restore();
};
