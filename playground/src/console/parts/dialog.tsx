// Dialogs: one to look at something, and one to do something, which asks who it is where the server demands it.
import { useEffect, useId, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { AuthError } from '../../client/index.ts';
import { Form, useAction } from '../../shared/account/action.tsx';
import { Confirmed } from '../../shared/account/confirm.tsx';
import { announce } from './notice.tsx';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

export const Dialog = ({ title, onClose, children }: DialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const isGone = useRef(false);
  useLayoutEffect(() => {
    isGone.current = false;
    const element = dialog.current;
    element?.showModal();
    // The browser gives the focus back to what had it.
    return () => {
      isGone.current = true;
      element?.close();
      if (document.activeElement === document.body) document.querySelector('h1')?.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} className="ag-dialog" aria-labelledby={id} onClose={() => isGone.current || onClose()}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" className="ag-button ag-close" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </header>
      {children}
    </dialog>
  );
};

interface ActionDialogProps {
  title: string;
  submit: string;
  /** Does it, and says what was done. */
  run: () => Promise<string>;
  /** After it was done. */
  onDone: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before something is done. If the server wants to know who it is, the question comes in between, and then it goes on by itself. */
export const ActionDialog = ({ title, submit, run, onDone, onClose, children }: ActionDialogProps) => {
  const action = useAction();
  const [isConfirming, setConfirming] = useState(false);
  const finish = async () => {
    const done = await run();
    onClose();
    announce(done);
    onDone();
  };
  const attempt = async () => {
    try {
      await finish();
    } catch (error) {
      if (!(error instanceof AuthError && error.code === 'REAUTHENTICATION_REQUIRED')) throw error;
      setConfirming(true);
    }
  };
  const goOn = () => {
    setConfirming(false);
    void action.run(finish);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {isConfirming ? (
        <FocusOnField>
          <Confirmed onCancel={() => setConfirming(false)}>
            <Once run={goOn} />
          </Confirmed>
        </FocusOnField>
      ) : (
        <Form action={action} submit={submit} onSubmit={attempt} onCancel={onClose}>
          {children}
        </Form>
      )}
    </Dialog>
  );
};

const Once = ({ run }: { run: () => void }) => {
  useEffect(run, []);
  return null;
};

/** Its fields appear after the server was asked which are needed. */
const FocusOnField = ({ children }: { children: ReactNode }) => {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const focus = () => {
      if (!place.current?.contains(document.activeElement)) place.current?.querySelector('input')?.focus();
    };
    const observer = new MutationObserver(focus);
    if (place.current) observer.observe(place.current, { childList: true, subtree: true });
    focus();
    return () => observer.disconnect();
  }, []);
  return <div ref={place}>{children}</div>;
};
