// Beside each step: the code of its calls, and what they sent.
import { Suspense, use } from 'react';
import { isRefused, outcomeOf } from './outcome.ts';
import { useExchanges, type Exchange } from './exchanges.ts';
import { Json } from './json.tsx';
import type { StepName } from './journey.ts';
import type { Source } from './sources.ts';

const withoutImports = (text: string): string => text.replace(/^import [^;]*;\n/gm, '').trim();

/** Loaded apart: nothing waits for it. */
const sources = import('./sources.ts');

export const Sources = ({ step }: { step: StepName }) => (
  <Suspense>
    <All step={step} />
  </Suspense>
);

const All = ({ step }: { step: StepName }) => use(sources).SOURCES[step].map((source) => <Code key={source.path} {...source} />);

const Code = ({ path, text }: Source) => (
  <details className="demo-source" open>
    <summary>
      The code <small>playground/src/demo/{path}</small>
    </summary>
    <pre className="demo-code">{withoutImports(text)}</pre>
  </details>
);

export const Log = ({ step }: { step: StepName }) => {
  const exchanges = useExchanges(step);
  // Queries may come from a list that updates itself.
  const opened = exchanges.findLast(({ title }) => title.startsWith('mutation')) ?? exchanges.at(-1);
  return (
    <>
      <h3>What was sent</h3>
      {exchanges.length === 0 && <p className="demo-weak">Nothing yet. What this step sends appears here, with the answer.</p>}
      <ol className="demo-log" aria-label="What was sent, newest first">
        {exchanges.toReversed().map((one) => (
          <li key={one.id}>
            <Entry exchange={one} isOpen={one === opened} />
          </li>
        ))}
      </ol>
    </>
  );
};

const Entry = ({ exchange, isOpen }: { exchange: Exchange; isOpen: boolean }) => {
  const { from, title, query, variables, answer, events } = exchange;
  return (
    <details className="demo-exchange" open={isOpen}>
      <summary>
        <span className="ag-badge">{from}</span> <code>{title}</code>{' '}
        <small className={isRefused(exchange) ? 'demo-refused' : 'demo-fine'}>{outcomeOf(exchange)}</small>
      </summary>
      <h4>Operation</h4>
      <pre className="demo-code demo-short" tabIndex={0}>
        {query}
      </pre>
      <h4>Variables</h4>
      <Json value={variables} />
      {answer !== undefined && (
        <>
          <h4>Answer</h4>
          <Json value={answer} />
        </>
      )}
      {events && (
        <>
          <h4>Events</h4>
          <Json value={events} />
        </>
      )}
    </details>
  );
};
