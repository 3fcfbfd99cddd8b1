// What was done, for everybody: shown at the edge of the page, and read out.
import { useEffect } from 'react';
import { createStore, useStore } from '../../shared/store.ts';

const notices = createStore<string>('');
const SHOWN_MS = 8_000;

export const announce = (text: string): void => notices.set(text);

export const Notice = () => {
  const text = useStore(notices);
  useEffect(() => {
    const timer = setTimeout(() => notices.set(''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div role="status" className="ag-notice">
      {text && <p>{text}</p>}
    </div>
  );
};
