// Other clients that have the same session: those in the other tabs of a browser.
import { isObject } from './errors.js';

/** What the client needs of `navigator.locks`. */
export interface Locks {
  request(name: string, options: { ifAvailable?: boolean }, action: (lock: unknown) => Promise<void>): Promise<unknown>;
}

/** How long a message of the tab that had the lock before may take to arrive. */
const MESSAGE_MS = 250;

export class Tabs {
  readonly #name: string;
  readonly #locks: Locks | undefined;
  readonly #channel: BroadcastChannel | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #arrived = () => {};

  /** Without a name, no other client has the session. */
  constructor(name: string | null, locks: Locks | undefined, receive: (message: unknown) => void) {
    this.#name = name ?? '';
    if (name === null) return;
    this.#locks = locks ?? (typeof navigator === 'undefined' ? undefined : navigator.locks);
    if (typeof BroadcastChannel === 'undefined') return;
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => {
      receive(data);
      this.#arrived();
    };
    // In Node.js, a channel that listens keeps the process alive.
    if ('unref' in channel && typeof channel.unref === 'function') channel.unref();
    this.#channel = channel;
  }

  /** Tells the other tabs. */
  post(message: object): void {
    this.#channel?.postMessage(message);
  }

  /** Runs one action at a time, in all tabs where the browser has locks and in this client elsewhere. */
  inTurn(action: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(() => (this.#locks ? this.#inTurnOfAll(this.#locks, action) : action()));
    this.#turn = done.catch(() => {});
    return done;
  }

  async #inTurnOfAll(locks: Locks, action: () => Promise<void>): Promise<void> {
    let free = true;
    await locks.request(this.#name, { ifAvailable: true }, async (lock) => {
      free = isObject(lock);
      if (free) await action();
    });
    if (free) return;
    const message = this.#channel ? new Promise<void>((resolve) => (this.#arrived = resolve)) : undefined;
    await locks.request(this.#name, {}, async () => {
      // The tab that had the lock has told what it did, but the message may arrive after the lock.
      if (message) await Promise.race([message, new Promise((wake) => setTimeout(wake, MESSAGE_MS))]);
      await action();
    });
  }

  close(): void {
    this.#channel?.close();
  }
}
