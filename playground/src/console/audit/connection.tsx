// Whether events arrive, and the way to hold them back.
import { Fault } from '../../shared/account/action.tsx';
import { count } from '../parts/words.tsx';
import type { Tail } from './tail.ts';

const stateOf = ({ isPaused, isConnected, waiting }: Tail) => {
  if (!isConnected) return { state: 'away', text: 'Connecting again …' };
  if (!isPaused) return { state: 'live', text: 'Live' };
  return { state: 'paused', text: waiting === 0 ? 'Paused' : `Paused, ${count(waiting)} new` };
};

export const Connection = ({ tail }: { tail: Tail }) => {
  const { state, text } = stateOf(tail);
  if (tail.fault) return <Fault>Events cannot be followed. {tail.fault}</Fault>;
  return (
    <div className="ag-connection" data-state={state}>
      <span role="status">{text}</span>
      <button type="button" className="ag-button" onClick={() => tail.setPaused(!tail.isPaused)}>
        {tail.isPaused ? 'Resume' : 'Pause'}
      </button>
    </div>
  );
};
