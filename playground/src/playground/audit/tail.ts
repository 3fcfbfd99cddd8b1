// The audit trail as it grows. It goes on while another panel is open, and ends with the session of the administrator.
import { auth, session } from '../../shared/session.ts';
import { messageOf } from '../../shared/messages.ts';
import { createStore, useStore } from '../../shared/store.ts';
import { NewestAuditEvent, RecentAuditEvents, TailAuditEvents, type AuditEventFilter, type RecentAuditEventsQuery } from '../generated.ts';

export type AuditRow = RecentAuditEventsQuery['auditEvents']['nodes'][number];

export interface Tail {
  isRunning: boolean;
  /** Why it has stopped. */
  fault?: string | undefined;
  /** What is shown, newest first. */
  events: readonly AuditRow[];
  /** What came during a pause, newest first. Null: no pause. */
  waiting: readonly AuditRow[] | null;
}

/** Older events leave the page. */
export const MOST = 500;
/** Events that come together are shown together. */
const TOGETHER_MS = 100;

const NOTHING: Tail = { isRunning: false, events: [], waiting: null };
const store = createStore<Tail>(NOTHING);
let running: AbortController | undefined;
let arrived: AuditRow[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

const change = (part: Partial<Tail>): void => store.set({ ...store.get(), ...part });

const inFront = (events: readonly AuditRow[], more: readonly AuditRow[]) => [...more, ...events].slice(0, MOST);

const showArrived = (): void => {
  timer = undefined;
  const { events, waiting } = store.get();
  const more = arrived.reverse();
  arrived = [];
  change(waiting ? { waiting: inFront(waiting, more) } : { events: inFront(events, more) });
};

const add = (event: AuditRow): void => {
  arrived.push(event);
  timer ??= setTimeout(showArrived, TOGETHER_MS);
};

const read = async (filter: AuditEventFilter, { signal }: AbortController): Promise<void> => {
  // From here on: what happens while the last events are read arrives twice, and nothing is missed.
  const { auditEvents: newest } = await auth.request(NewestAuditEvent, {}, { signal });
  const { auditEvents: recent } = await auth.request(RecentAuditEvents, { filter }, { signal });
  const known = new Set(recent.nodes.map(({ id }) => id));
  change({ events: recent.nodes });
  const after = newest.nodes[0]?.id ?? null;
  for await (const { auditEvents: event } of auth.subscribe(TailAuditEvents, { filter, after }, { signal })) {
    if (!known.has(event.id)) add(event);
  }
};

/** Shows the last events that match, and follows those that come. */
const follow = async (filter: AuditEventFilter): Promise<void> => {
  stop();
  const own = new AbortController();
  running = own;
  store.set({ ...NOTHING, isRunning: true });
  let fault: string | undefined;
  try {
    await read(filter, own);
  } catch (error) {
    fault = messageOf(error);
  }
  if (running !== own) return;
  running = undefined;
  change({ isRunning: false, fault });
};

/** Forgets everything. */
const stop = (): void => {
  running?.abort();
  running = undefined;
  clearTimeout(timer);
  timer = undefined;
  arrived = [];
  store.set(NOTHING);
};

export const tail = {
  follow,
  /** Begins without a filter, unless it has begun. */
  begin: (): void => {
    if (!running && !store.get().fault) void follow({});
  },
  pause: (): void => change({ waiting: [] }),
  goOn: (): void => {
    const { events, waiting } = store.get();
    change({ events: inFront(events, waiting ?? []), waiting: null });
  },
  clear: (): void => change({ events: [], waiting: store.get().waiting && [] }),
};

export const useTail = (): Tail => useStore(store);

// What an administrator has read is nothing for whoever comes next.
let reader: string | undefined;
session.subscribe(() => {
  const state = session.get();
  const next = state.phase === 'signedIn' && state.session.user.role === 'ADMIN' ? state.session.id : undefined;
  if (next !== reader) stop();
  reader = next;
});
