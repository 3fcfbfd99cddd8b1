// JSON as text, in which long strings are shortened until somebody wants to see them.
import { useState } from 'react';

/** A string of so many characters without a space is a token, a key or an address that nobody reads. */
const LONGEST = 40;
const STRING = /"((?:[^"\\]|\\.)*)"/;

export const LongText = ({ text }: { text: string }) => {
  const [isWhole, setWhole] = useState(false);
  if (text.length < LONGEST || text.includes(' ')) return text;
  return (
    <>
      {isWhole ? text : `${text.slice(0, 16)}…${text.slice(-6)}`}{' '}
      <button type="button" className="demo-more" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
        {isWhole ? 'shorten' : `all ${text.length}`}
        <span className="ag-hidden"> characters</span>
      </button>
    </>
  );
};

export const Json = ({ value }: { value: unknown }) => (
  <pre className="demo-code">
    {(JSON.stringify(value, null, 2) ?? '')
      .split(STRING)
      // Every second part is the inside of a string.
      .map((part, index) => (index % 2 === 0 ? part : <span key={index}>"<LongText text={part} />"</span>))}
  </pre>
);
