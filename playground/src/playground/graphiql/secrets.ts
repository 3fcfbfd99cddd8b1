// The `otpauth:` URI of the last answer, for an authenticator app to scan.
import { createStore, useStore } from '../../shared/store.ts';

const store = createStore<string | undefined>(undefined);

const find = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value.startsWith('otpauth://') ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const entry of Object.values(value)) {
    const found = find(entry);
    if (found) return found;
  }
  return undefined;
};

export const showSecretsOf = (answer: unknown): void => store.set(find(answer));
export const hideSecrets = (): void => store.set(undefined);
export const useOtpauthUri = (): string | undefined => useStore(store);
