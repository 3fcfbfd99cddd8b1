// All events of a filter as a file, read page by page.
import { auth } from '../../shared/session.ts';
import { ExportedEvents, type AuditEventFilter, type ExportedEventsQuery, type WholeEventFragment } from '../generated.ts';
import { patiently } from './patiently.ts';

export type Format = 'jsonl' | 'csv';

export interface ExportProgress {
  readonly events: number;
  /** Seconds to wait for the server, whose limits apply to an export too. */
  readonly pause: number;
}

interface ExportOptions {
  readonly filter: AuditEventFilter | undefined;
  readonly format: Format;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ExportProgress) => void;
}

export const exportEvents = async ({ filter, format, signal, onProgress }: ExportOptions): Promise<Blob> => {
  const parts: string[] = format === 'csv' ? [`${COLUMNS.map(([title]) => title).join(',')}\r\n`] : [];
  const write = format === 'csv' ? csvLine : jsonLine;
  let events = 0;
  for (let after: string | null = null; ; ) {
    const ask = () => auth.request(ExportedEvents, { filter, after }, { signal });
    const { auditEvents: page }: ExportedEventsQuery = await patiently(ask, signal, (pause) => onProgress({ events, pause }));
    for (const event of page.nodes) parts.push(write(event));
    events += page.nodes.length;
    onProgress({ events, pause: 0 });
    if (!page.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor;
  }
  return new Blob(parts, { type: format === 'csv' ? 'text/csv' : 'application/jsonl' });
};

const jsonLine = (event: WholeEventFragment) => `${JSON.stringify(event)}\n`;

const COLUMNS: readonly (readonly [string, (event: WholeEventFragment) => string | null])[] = [
  ['id', ({ id }) => id],
  ['at', ({ at }) => at],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['reason', ({ reason }) => reason],
  ['actor_id', ({ actor }) => actor?.id ?? null],
  ['actor_email', ({ actor }) => actor?.email ?? null],
  ['subject_id', ({ subject }) => subject?.id ?? null],
  ['subject_email', ({ subject }) => subject?.email ?? null],
  ['session_id', ({ sessionId }) => sessionId],
  ['ip_address', ({ ipAddress }) => ipAddress],
  ['user_agent', ({ userAgent }) => userAgent],
  ['correlation_id', ({ correlationId }) => correlationId],
  ['changes', ({ changes }) => (changes.length === 0 ? null : JSON.stringify(changes))],
  ['metadata', ({ metadata }) => JSON.stringify(metadata)],
];

const csvLine = (event: WholeEventFragment) => `${COLUMNS.map(([, read]) => cell(read(event) ?? '')).join(',')}\r\n`;

/** Spreadsheets take a cell that begins so for a formula, and a user agent can be anything (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

/** A cell of RFC 4180, section 2. */
const cell = (text: string) => {
  const inert = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
};

/** Gives a file to the person. */
export const download = (file: Blob, name: string): void => {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the file by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
};
