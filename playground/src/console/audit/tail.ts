// Events as they happen, in front of a list that was read.
import { useEffect, useRef, useState } from 'react';
import { AuthError } from '../../client/index.ts';
import { messageOf } from '../../shared/messages.ts';
import { auth } from '../../shared/session.ts';
import { FollowEvents, type AuditEventFilter, type AuditTrailQuery, type EventRowFragment } from '../generated.ts';
import type { Reading } from '../parts/read.ts';

export interface Tail {
  /** Newest first. */
  readonly live: readonly EventRowFragment[];
  /** Number of events that wait because of the pause. */
  readonly waiting: number;
  readonly isPaused: boolean;
  readonly isConnected: boolean;
  /** Why the server refused to send events. */
  readonly fault: string | undefined;
  readonly setPaused: (isPaused: boolean) => void;
  /** The events that arrived and those of the list, each once. */
  readonly join: (listed: readonly EventRowFragment[]) => readonly EventRowFragment[];
}

interface Arrived {
  readonly event: EventRowFragment;
  readonly at: number;
}

/** After so many the list is read again instead. */
const MOST = 200;
/** Sockets are closed when their access token expires, and open again at once. */
const OUTAGE_MS = 1_500;

/** Follows the events of a filter after the first page of their list was read. */
export const useTail = (list: Reading<AuditTrailQuery>, filter: AuditEventFilter | undefined, isWanted: boolean): Tail => {
  const [arrived, setArrived] = useState<readonly Arrived[]>([]);
  const [pausedAt, setPausedAt] = useState<number>();
  const [isConnected, setConnected] = useState(true);
  const [fault, setFault] = useState<string>();
  const key = JSON.stringify(filter ?? {});
  const isReady = list.askedAt > 0;
  // The subscription goes on after the events of the list; the list may be read again meanwhile.
  const begin = useRef<string>(undefined);
  begin.current = list.data?.auditEvents.nodes[0]?.id ?? list.data?.newest.nodes[0]?.id;

  useEffect(() => {
    setArrived([]);
    setFault(undefined);
    if (!isReady || !isWanted) return;
    const stop = new AbortController();
    let outage: ReturnType<typeof setTimeout> | undefined;
    const onConnection = (connected: boolean) => {
      clearTimeout(outage);
      if (connected) setConnected(true);
      else outage = setTimeout(() => setConnected(false), OUTAGE_MS);
    };
    const follow = async () => {
      const variables = { ...(filter && { filter }), ...(begin.current && { after: begin.current }) };
      try {
        for await (const { auditEvents: event } of auth.subscribe(FollowEvents, variables, { signal: stop.signal, onConnection })) {
          setArrived((before) => [{ event, at: performance.now() }, ...before]);
        }
      } catch (error) {
        // A session that ended closes the whole console.
        if (!stop.signal.aborted && !(error instanceof AuthError && error.endsSession)) setFault(messageOf(error));
      }
    };
    void follow();
    return () => {
      stop.abort();
      clearTimeout(outage);
    };
  }, [key, isReady, isWanted]);

  // What arrived before the list was asked for is in it, or was pushed out of it.
  useEffect(() => setArrived((before) => before.filter(({ at }) => at >= list.askedAt)), [list.askedAt]);
  const isFull = arrived.length >= MOST && pausedAt === undefined;
  useEffect(() => {
    if (isFull) list.reload();
  }, [isFull]);

  const live = arrived.filter(({ at }) => pausedAt === undefined || at < pausedAt).map(({ event }) => event);
  return {
    live,
    waiting: arrived.length - live.length,
    isPaused: pausedAt !== undefined,
    isConnected,
    fault,
    setPaused: (isPaused) => setPausedAt(isPaused ? performance.now() : undefined),
    join: (listed) => {
      const known = new Set(live.map(({ id }) => id));
      return [...live, ...listed.filter(({ id }) => !known.has(id))];
    },
  };
};
