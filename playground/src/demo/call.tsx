// A call of the client, its button, and what came of it.
import { useEffect, useState, type ReactNode, type SyntheticEvent } from 'react';
import { AuthError } from '../client/index.ts';
import { messageOf } from '../shared/messages.ts';

export interface Call {
  readonly isRunning: boolean;
  readonly error: unknown;
  /** Until when the server refuses to answer, in milliseconds since 1970. */
  readonly retryAt: number;
  readonly run: (action: () => Promise<unknown>) => Promise<void>;
}

/** One call at a time, with its error. */
export const useCall = (): Call => {
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<unknown>();
  const [retryAt, setRetryAt] = useState(0);
  const run = async (action: () => Promise<unknown>) => {
    setRunning(true);
    setError(undefined);
    try {
      await action();
    } catch (failed) {
      setError(failed);
      if (failed instanceof AuthError && failed.retryAfter !== null) setRetryAt(Date.now() + failed.retryAfter * 1000);
    } finally {
      setRunning(false);
    }
  };
  return { isRunning, error, retryAt, run };
};

/** The present time, anew every half second until `until`. */
export const useNow = (until: number): number => {
  const [now, setNow] = useState(Date.now());
  const isOver = now > until;
  useEffect(() => {
    if (Date.now() > until) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [isOver, until]);
  return now;
};

interface ButtonProps {
  readonly call: Call;
  readonly children: ReactNode;
  readonly isSecond?: boolean;
  readonly isOff?: boolean;
  readonly label?: string;
  /** From when on it can be pressed, in milliseconds since 1970. */
  readonly from?: number;
  /** Without it, the button submits its form. */
  readonly onClick?: () => Promise<unknown>;
}

/** It keeps the focus while it is off. */
export const CallButton = ({ call, children, isSecond, isOff = false, label, from = 0, onClick }: ButtonProps) => {
  const opensAt = Math.max(from, call.retryAt);
  const wait = Math.ceil((opensAt - useNow(opensAt)) / 1000);
  const isDisabled = isOff || call.isRunning || wait > 0;
  const press = (event: SyntheticEvent) => {
    if (isDisabled) return event.preventDefault();
    if (onClick) void call.run(onClick);
  };
  return (
    <button
      type={onClick ? 'button' : 'submit'}
      className={isSecond ? 'ag-button' : 'ag-button ag-primary'}
      aria-disabled={isDisabled}
      aria-label={label}
      onClick={press}
    >
      {children}
      {wait > 0 && ` (in ${wait} s)`}
    </button>
  );
};

interface FormProps {
  readonly call: Call;
  readonly submit: string;
  readonly onSubmit: () => Promise<unknown>;
  readonly children?: ReactNode;
}

export const CallForm = ({ call, submit, onSubmit, children }: FormProps) => (
  <form
    className="ag-form"
    onSubmit={(event) => {
      event.preventDefault();
      if (!call.isRunning) void call.run(onSubmit);
    }}
  >
    {children}
    <div className="ag-buttons">
      <CallButton call={call}>{submit}</CallButton>
    </div>
    <CallError call={call} />
  </form>
);

/** The sentence for the person, and the code for the program. */
export const CallError = ({ call: { error } }: { call: Call }) => {
  if (error === undefined) return null;
  return (
    <p className="ag-fault" role="alert">
      {messageOf(error)} {error instanceof AuthError && <code>{error.code}</code>}
    </p>
  );
};

export const Success = ({ children }: { children: ReactNode }) => (
  <p className="ag-note demo-success" role="status">
    {children}
  </p>
);
