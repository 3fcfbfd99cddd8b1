// Fields of filters and dialogs.
import { useEffect, useId, useRef, type ReactNode } from 'react';

interface SelectProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}

export const Select = <Value extends string>({ label, value, options, onChange }: SelectProps<Value>) => {
  const id = useId();
  return (
    <div className="ag-field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value as Value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
};

/** What an input of the type `datetime-local` shows for a point in time. */
const localOf = (at: string): string => {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return '';
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

interface MomentProps {
  label: string;
  /** RFC 3339, or empty. */
  value: string;
  onChange: (at: string) => void;
  isRequired?: boolean;
}

/** A point in time, in the time zone of the person. It is told when it is complete: a year is typed digit by digit. */
export const Moment = ({ label, value, onChange, isRequired = false }: MomentProps) => {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current) input.current.value = localOf(value);
  }, [value]);
  const tell = () => {
    const text = input.current?.value ?? '';
    const at = text && new Date(text).toISOString();
    if (at !== value) onChange(at);
  };
  return (
    <div className="ag-field">
      <label htmlFor={id}>{label}</label>
      <input
        ref={input}
        id={id}
        type="datetime-local"
        required={isRequired}
        defaultValue={localOf(value)}
        onBlur={tell}
        onKeyDown={({ key }) => key === 'Enter' && tell()}
      />
    </div>
  );
};

export const Filters = ({ label, children }: { label: string; children: ReactNode }) => (
  <search className="ag-filters" aria-label={label}>
    {children}
  </search>
);
