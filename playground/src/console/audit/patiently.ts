// Requests of a task that takes many: the limits of the server apply to it too, so it waits.
import { AuthError } from '../../client/index.ts';

const LONGEST_PAUSE_S = 60;
const MOST_FAILURES = 3;

/** Asks until there is an answer. `onPause` hears how many seconds it waits. */
export const patiently = async <Data>(ask: () => Promise<Data>, signal: AbortSignal, onPause: (seconds: number) => void): Promise<Data> => {
  for (let failures = 0; ; failures++) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AuthError && error.isTransient)) throw error;
      if (error.code !== 'RATE_LIMITED' && failures === MOST_FAILURES) throw error;
      const seconds = Math.min(error.retryAfter ?? 2 ** failures, LONGEST_PAUSE_S);
      onPause(seconds);
      await pause(seconds * 1000, signal);
    }
  }
};

const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
