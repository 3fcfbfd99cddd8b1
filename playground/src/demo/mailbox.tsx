// The newest email of the development mailbox. A real page cannot read emails: a person opens the link.
import { useEffect, useState } from 'react';
import { MAILBOX } from '../shared/page.ts';
import { LongText } from './json.tsx';
import { keepSecret, secrets } from './journey.ts';

const LOOK_MS = 700;
const LOOKS = 20;

const newestMail = async (to: string): Promise<string | null> => {
  const response = await fetch(`${MAILBOX}/latest?to=${encodeURIComponent(to)}`);
  return response.ok ? response.text() : null;
};

/** The token of the link to this page of the application. */
export const tokenIn = (mail: string | null, page: string): string =>
  new RegExp(`/${page}\\S*[?&]token=([^\\s&]+)`).exec(mail ?? '')?.[1] ?? '';

interface MailProps {
  readonly to: string;
  /** What must be in the email: emails arrive a moment after the operation that causes them. */
  readonly wanted: RegExp;
  /** An email that was there before. */
  readonly before: string | null;
  readonly onMail?: (mail: string) => void;
}

export const Mail = ({ to, wanted, before, onMail }: MailProps) => {
  const [mail, setMail] = useState<string>();
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    if (mail !== undefined || looks >= LOOKS) return;
    const look = async () => {
      const found = await newestMail(to).catch(() => null);
      if (found === null || found === before || !wanted.test(found)) return setLooks(looks + 1);
      setMail(found);
      keepSecret({ mail: found });
      onMail?.(found);
    };
    const timer = setTimeout(() => void look(), LOOK_MS);
    return () => clearTimeout(timer);
  }, [mail, looks]);
  return (
    <section className="ag-card demo-mail" aria-label="Newest email">
      <small>
        To {to}, in the{' '}
        <a href={MAILBOX} target="_blank" rel="noreferrer">
          mailbox of this server
        </a>
      </small>
      <div role="status">
        {mail === undefined && looks < LOOKS && <p>Waiting for the email …</p>}
        {mail === undefined && looks >= LOOKS && (
          <p>
            The email has not come. If the server has a mail server (<code>SMTP_URL</code>), look there.{' '}
            <button type="button" className="ag-link" onClick={() => setLooks(0)}>
              Look again
            </button>
          </p>
        )}
      </div>
      {mail !== undefined && (
        <pre className="demo-letter">
          {mail.split(/(\S{40,})/).map((part, index) => (index % 2 === 0 ? part : <LongText key={index} text={part} />))}
        </pre>
      )}
    </section>
  );
};

/** The email that an action is about to replace. */
export const mailBefore = (): string | null => secrets.get().mail;
