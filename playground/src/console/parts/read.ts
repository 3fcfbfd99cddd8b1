// Reading from the server, and remembering what was read for the way back.
import { useEffect, useState } from 'react';
import type { TypedDocument } from '../../client/index.ts';
import { messageOf } from '../../shared/messages.ts';
import { auth } from '../../shared/session.ts';

export interface Reading<Data> {
  /** While the next data are read, those before stay. */
  readonly data: Data | undefined;
  readonly fault: string | undefined;
  readonly isLoading: boolean;
  /** When the data were asked for, on the clock of `performance.now()`. */
  readonly askedAt: number;
  readonly reload: () => void;
}

interface Result<Data> {
  readonly key?: string;
  readonly data?: Data;
  readonly fault?: string | undefined;
  readonly askedAt: number;
}

/** Only in memory, and only for the way back: what is shown from it is read anew at once. */
const remembered = new Map<string, unknown>();
const MOST_REMEMBERED = 50;

const remember = (key: string, data: unknown) => {
  remembered.delete(key);
  remembered.set(key, data);
  for (const oldest of remembered.keys()) {
    if (remembered.size <= MOST_REMEMBERED) return;
    remembered.delete(oldest);
  }
};

/** Nothing of a session is left for the next one. */
auth.onSession((session) => {
  if (!session) remembered.clear();
});

export const useRead = <Data, Variables>(document: TypedDocument<Data, Variables>, variables: Variables): Reading<Data> => {
  const key = `${document}${JSON.stringify(variables)}`;
  const [round, setRound] = useState(0);
  const [result, setResult] = useState<Result<Data>>({ askedAt: 0 });
  const [isLoading, setLoading] = useState(true);
  useEffect(() => {
    const stop = new AbortController();
    const askedAt = performance.now();
    const read = async () => {
      setLoading(true);
      try {
        const data = await auth.request(document, variables, { signal: stop.signal });
        remember(key, data);
        if (!stop.signal.aborted) setResult({ key, data, askedAt });
      } catch (error) {
        if (!stop.signal.aborted) setResult((before) => ({ ...before, key, fault: messageOf(error) }));
      }
      if (!stop.signal.aborted) setLoading(false);
    };
    void read();
    return () => stop.abort();
  }, [key, round]);
  const isOther = result.key !== key;
  return {
    data: isOther ? ((remembered.get(key) as Data | undefined) ?? result.data) : result.data,
    fault: isOther ? undefined : result.fault,
    isLoading: isLoading || isOther,
    askedAt: isOther ? 0 : result.askedAt,
    reload: () => setRound((before) => before + 1),
  };
};
