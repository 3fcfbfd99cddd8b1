// What takes a while: exporting the trail, and verifying it. Both show how far they are, and can be stopped.
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Fault, useAction } from '../../shared/account/action.tsx';
import { auth } from '../../shared/session.ts';
import { VerifyTrail, type AuditEventFilter, type VerifyTrailQuery } from '../generated.ts';
import { Link } from '../parts/link.tsx';
import { changed, usePlace } from '../parts/place.ts';
import { count, when, words } from '../parts/words.tsx';
import { patiently } from './patiently.ts';
import { download, exportEvents, type Format } from './export.ts';

const waiting = (seconds: number) => (seconds === 0 ? '' : ` Waiting ${Math.ceil(seconds)} s for the server.`);

/** A task that a button or leaving the page stops. */
const useTask = () => {
  const action = useAction();
  const current = useRef<AbortController>(undefined);
  useEffect(() => () => current.current?.abort(), []);
  const run = (task: (signal: AbortSignal) => Promise<void>) => {
    const stop = new AbortController();
    current.current = stop;
    return action.run(() =>
      task(stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      }),
    );
  };
  return { ...action, run, stop: () => current.current?.abort() };
};

export const Export = ({ filter }: { filter: AuditEventFilter | undefined }) => {
  const task = useTask();
  const [text, setText] = useState('');
  const start = (format: Format) =>
    task.run(async (signal) => {
      setText('Exporting …');
      let events = 0;
      signal.addEventListener('abort', () => setText(`Stopped after ${count(events)} events. Nothing was saved.`));
      const file = await exportEvents({
        filter,
        format,
        signal,
        onProgress: (progress) => {
          events = progress.events;
          setText(`Exporting … ${count(events)} events.${waiting(progress.pause)}`);
        },
      });
      download(file, `audit-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${format}`);
      setText(`${count(events)} events exported.`);
    });
  return (
    <Task text={text} fault={task.fault} isRunning={task.isRunning} onStop={task.stop} stopLabel="Stop the export">
      <button type="button" className="ag-button" onClick={() => void start('jsonl')}>
        Export as JSON lines
      </button>
      <button type="button" className="ag-button" onClick={() => void start('csv')}>
        Export as CSV
      </button>
    </Task>
  );
};

type Break = NonNullable<VerifyTrailQuery['auditIntegrity']['break']>;

export const Verification = () => {
  const task = useTask();
  const [text, setText] = useState('');
  const [broken, setBroken] = useState<Break>();
  const start = () =>
    task.run(async (signal) => {
      setBroken(undefined);
      setText('Verifying …');
      let verified = 0;
      signal.addEventListener('abort', () => setText(`Stopped after ${count(verified)} events.`));
      for (let after: string | null = null; ; ) {
        const ask = () => auth.request(VerifyTrail, { after }, { signal });
        const { auditIntegrity: part }: VerifyTrailQuery = await patiently(ask, signal, (pause) =>
          setText(`Verifying … ${count(verified)} events so far.${waiting(pause)}`),
        );
        verified += part.verifiedEventCount;
        if (part.break) {
          setBroken(part.break);
          return setText(`Broken after ${count(verified)} events.`);
        }
        if (part.endCursor === null) return setText(`Whole: ${count(verified)} events, none of them changed, removed, moved or added.`);
        setText(`Verifying … ${count(verified)} events so far.`);
        after = part.endCursor;
      }
    });
  return (
    <Task text={text} fault={task.fault} isRunning={task.isRunning} onStop={task.stop} stopLabel="Stop the verification">
      <button type="button" className="ag-button" onClick={() => void start()}>
        Verify the chain
      </button>
      {broken && <BreakOfChain broken={broken} />}
    </Task>
  );
};

const BreakOfChain = ({ broken: { message, event } }: { broken: Break }) => {
  const place = usePlace();
  return (
    <div role="alert" className="ag-fault">
      <strong>{message}</strong>{' '}
      {event && (
        <>
          It is the event{' '}
          <Link href={changed(place, { event: event.id })}>
            {words(event.action)} of {when(event.at)}
          </Link>
          .
        </>
      )}
    </div>
  );
};

interface TaskProps {
  text: string;
  fault: string | undefined;
  isRunning: boolean;
  onStop: () => void;
  stopLabel: string;
  children: ReactNode;
}

const Task = ({ text, fault, isRunning, onStop, stopLabel, children }: TaskProps) => (
  <div className="ag-task">
    {isRunning ? (
      <button type="button" className="ag-button" onClick={onStop}>
        {stopLabel}
      </button>
    ) : (
      children
    )}
    <span role="status">{fault ? '' : text}</span>
    <Fault>{fault}</Fault>
  </div>
);
