// What stands in place of a list that is loading, empty or could not be read.
import type { ReactNode } from 'react';
import { Fault } from '../../shared/account/action.tsx';
import type { Reading } from './read.ts';

/** Shows its children as soon as there is something to show. */
export const Loaded = <Data,>({ reading, children }: { reading: Reading<Data>; children: (data: Data) => ReactNode }) => {
  const { data, fault, isLoading, reload } = reading;
  return (
    <>
      {fault && (
        <div className="ag-failed">
          <Fault>{fault}</Fault>
          <button type="button" className="ag-button" onClick={reload}>
            Try again
          </button>
        </div>
      )}
      {data === undefined ? !fault && <p role="status">Loading …</p> : <div aria-busy={isLoading}>{children(data)}</div>}
    </>
  );
};
