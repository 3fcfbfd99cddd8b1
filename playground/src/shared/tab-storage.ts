// Where the refresh token of these pages is kept.
import type { StoredTokens, TokenStorage } from '../client/storage.ts';

/** How long a tab waits for the others. They answer in a few milliseconds, unless the browser has frozen them. */
const ANSWER_MS = 3_000;
/** The same where it does not know whether there are others. */
const GUESS_MS = 300;

/** Newer tokens take the place of older ones, whichever tab has them. */
interface Kept extends StoredTokens {
  readonly savedAt: number;
}

type Message = { readonly kind: 'question' } | { readonly kind: 'tokens' | 'answer'; readonly kept: Kept | null };

/**
 * sessionStorage, which belongs to a tab and goes with it, so that a reload does not sign out. The tabs tell each other what they
 * save, and a tab asks the others before it reads: a duplicated tab has a copy, and the copy of a spent refresh token would end
 * the session. The cookie that scripts cannot read is no choice here. It belongs to the frontends of this server, and a browser
 * has one of it: whoever signed in here would be signed in there.
 */
export const tabStorage = (name: string): TokenStorage => {
  const key = `authgraph:${name}`;
  const channel = new BroadcastChannel(key);
  // Browsers have locks only on pages that came over TLS or from this machine.
  const locks: LockManager | undefined = navigator.locks;
  const waiting = new Set<() => void>();

  const read = (): Kept | null => {
    try {
      return JSON.parse(sessionStorage.getItem(key) ?? 'null') as Kept | null;
    } catch {
      return null;
    }
  };
  const write = (kept: Kept | null) => (kept ? sessionStorage.setItem(key, JSON.stringify(kept)) : sessionStorage.removeItem(key));
  const tell = (message: Message) => channel.postMessage(message);

  channel.onmessage = ({ data: message }: MessageEvent<Message>) => {
    if (message.kind === 'question') return tell({ kind: 'answer', kept: read() });
    const { kind, kept } = message;
    if (kept && kept.savedAt > (read()?.savedAt ?? 0)) write(kept);
    // An answer without tokens is that of a tab without a session; tokens that are gone were signed out.
    if (kind === 'tokens' && !kept) write(null);
    if (kind === 'answer') for (const answered of waiting) answered();
  };

  // Every tab holds it until it is closed, so that each knows how many there are.
  void locks?.request(`${key}:tab`, { mode: 'shared' }, () => new Promise(() => {}));
  const countOthers = async () => {
    const { held = [] } = (await locks?.query()) ?? {};
    return held.filter((lock) => lock.name === `${key}:tab`).length - 1;
  };

  const ask = async () => {
    let missing = locks ? await countOthers() : Infinity;
    if (missing <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const answered = () => {
      missing -= 1;
      if (missing <= 0) resolve();
    };
    waiting.add(answered);
    const timer = setTimeout(resolve, locks ? ANSWER_MS : GUESS_MS);
    tell({ kind: 'question' });
    await promise;
    clearTimeout(timer);
    waiting.delete(answered);
  };

  return {
    sharedAs: name,
    load: async () => {
      await ask();
      return read();
    },
    save: (tokens) => {
      // The clock may have been set back since the last time.
      const kept = tokens && { ...tokens, savedAt: Math.max(Date.now(), (read()?.savedAt ?? 0) + 1) };
      write(kept);
      tell({ kind: 'tokens', kept });
    },
  };
};
