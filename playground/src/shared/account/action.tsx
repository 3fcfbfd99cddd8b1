// What the forms of the account share.
import { useEffect, useId, useRef, useState, type InputHTMLAttributes, type SyntheticEvent, type ReactNode } from 'react';
import { AuthError } from '../../client/index.ts';
import { messageOf } from '../messages.ts';

export interface Action {
  isRunning: boolean;
  fault: string | undefined;
  /** What the server refused the last time. */
  error: AuthError | undefined;
  run: (action: () => Promise<void>) => Promise<void>;
}

/** One action at a time, with the sentence of its failure. */
export const useAction = (): Action => {
  const [isRunning, setRunning] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const run = async (action: () => Promise<void>) => {
    setRunning(true);
    setFailure(undefined);
    try {
      await action();
    } catch (error) {
      setFailure(error);
    } finally {
      setRunning(false);
    }
  };
  const fault = failure === undefined ? undefined : messageOf(failure);
  return { isRunning, fault, error: failure instanceof AuthError ? failure : undefined, run };
};

export const Fault = ({ children }: { children: ReactNode }) => (children ? <p className="ag-fault" role="alert">{children}</p> : null);

/** What came of an action. It takes the focus that its form had. */
export const Outcome = ({ children }: { children: ReactNode }) => {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <div className="ag-note ag-outcome" role="status" tabIndex={-1} ref={place}>
      {children}
    </div>
  );
};

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
}

export const Field = ({ label, ...input }: FieldProps) => {
  const id = useId();
  return (
    <div className="ag-field">
      <label htmlFor={id}>{label}</label>
      <input id={id} required spellCheck={false} {...input} />
    </div>
  );
};

export const CodeField = (props: { label?: string; value: string; onChange: (code: string) => void; autoFocus?: boolean }) => (
  <Field
    label={props.label ?? 'Code of the authenticator app, or a backup code'}
    autoComplete="one-time-code"
    autoFocus={props.autoFocus}
    value={props.value}
    onChange={(event) => props.onChange(event.target.value)}
  />
);

interface FormProps {
  action: Action;
  submit: string;
  onSubmit: () => Promise<void>;
  onCancel?: (() => void) | undefined;
  /** Whether it cannot be taken back. */
  isDangerous?: boolean;
  children: ReactNode;
}

export const Form = ({ action, submit, onSubmit, onCancel, isDangerous, children }: FormProps) => {
  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    void action.run(onSubmit);
  };
  return (
    <form className="ag-form" onSubmit={send}>
      {children}
      <Fault>{action.fault}</Fault>
      <div className="ag-buttons">
        <button type="submit" className={`ag-button ${isDangerous ? 'ag-danger' : 'ag-primary'}`} disabled={action.isRunning}>
          {action.isRunning ? 'One moment …' : submit}
        </button>
        {onCancel && (
          <button type="button" className="ag-button" onClick={onCancel}>
            Back
          </button>
        )}
      </div>
    </form>
  );
};

/** A button that copies a text, and says so. */
export const CopyButton = ({ text, children }: { text: string | (() => Promise<string>); children: ReactNode }) => {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === 'string' ? text : await text());
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <button type="button" className="ag-button" onClick={() => void copy()}>
      {isCopied ? 'Copied' : children}
    </button>
  );
};
