// The tabs of one session: they tell each other new tokens, and only one of them refreshes at a time.
import type { Tokens } from './tokens.ts';

type Message =
  /** Who has this session, or any if it is null? */
  | { kind: 'question'; sessionId: string | null }
  | { kind: 'tokens'; tokens: Tokens }
  | { kind: 'ended'; sessionId: string };

/** How long a tab waits for the others. They answer in a few milliseconds, unless the browser has frozen them. */
const ANSWER_MS = 3_000;
/** The same where it does not know whether there are others. */
const GUESS_MS = 300;

export interface TabsOptions {
  name: string;
  own: () => Tokens | undefined;
  /** Whether these tokens are newer than its own, so that it took them over. */
  onTokens: (tokens: Tokens) => boolean;
  onEnded: (sessionId: string) => void;
}

export interface Tabs {
  /** Returns after a tab has sent newer tokens, or none has any. */
  ask: (sessionId: string | null) => Promise<void>;
  tellTokens: (tokens: Tokens) => void;
  tellEnded: (sessionId: string) => void;
  /** Runs an action while no other tab runs one for this session. */
  alone: (sessionId: string, action: () => Promise<void>) => Promise<void>;
  /** Lets other tabs know that this one has the tokens of a session; of none if it is undefined. */
  show: (sessionId: string | undefined) => void;
}

export const joinTabs = ({ name, own, onTokens, onEnded }: TabsOptions): Tabs => {
  // Browsers have locks only on pages that came over TLS or from this machine. Elsewhere the key of the attempt, which all tabs
  // share, keeps two refreshes from counting as a reuse.
  const locks: LockManager | undefined = navigator.locks;
  const channel = new BroadcastChannel(name);
  const waiting = new Set<(tokens: Tokens, isNewer: boolean) => void>();
  const tell = (message: Message) => channel.postMessage(message);

  channel.onmessage = ({ data: message }: MessageEvent<Message>) => {
    const tokens = own();
    switch (message.kind) {
      case 'question':
        if (tokens && (message.sessionId ?? tokens.sessionId) === tokens.sessionId) tell({ kind: 'tokens', tokens });
        break;
      case 'tokens': {
        const isNewer = onTokens(message.tokens);
        for (const answered of waiting) answered(message.tokens, isNewer);
        break;
      }
      case 'ended':
        onEnded(message.sessionId);
    }
  };

  let shown: { sessionId: string; hide: () => void } | undefined;
  const show = (sessionId: string | undefined) => {
    if (shown?.sessionId === sessionId) return;
    shown?.hide();
    shown = undefined;
    if (!locks || sessionId === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    shown = { sessionId, hide: resolve };
    // Shared: every tab of the session holds it, until it hides or is closed.
    void locks.request(`${name}:shown:${sessionId}`, { mode: 'shared' }, () => promise);
  };

  const countOthers = async (sessionId: string | null): Promise<number> => {
    const { held = [] } = (await locks?.query()) ?? {};
    const prefix = `${name}:shown:`;
    const isAsked = (id: string) => id === (sessionId ?? id);
    const all = held.filter((lock) => lock.name?.startsWith(prefix) && isAsked(lock.name.slice(prefix.length))).length;
    return shown && isAsked(shown.sessionId) ? all - 1 : all;
  };

  const ask = async (sessionId: string | null) => {
    let missing = locks ? await countOthers(sessionId) : Infinity;
    if (missing <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const listen = (tokens: Tokens, isNewer: boolean) => {
      if (tokens.sessionId === (sessionId ?? tokens.sessionId)) missing -= 1;
      if (isNewer || missing <= 0) resolve();
    };
    waiting.add(listen);
    const timer = setTimeout(resolve, locks ? ANSWER_MS : GUESS_MS);
    tell({ kind: 'question', sessionId });
    await promise;
    clearTimeout(timer);
    waiting.delete(listen);
  };

  return {
    ask,
    tellTokens: (tokens) => tell({ kind: 'tokens', tokens }),
    tellEnded: (sessionId) => tell({ kind: 'ended', sessionId }),
    alone: async (sessionId, action) => {
      await (locks ? locks.request(`${name}:refresh:${sessionId}`, action) : action());
    },
    show,
  };
};
