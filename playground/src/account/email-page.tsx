// What the links of emails lead to. Nothing happens before a person clicks: mail scanners open links, and some run scripts.
import { useState, type ReactNode } from 'react';
import type { AuthError } from '../client/index.ts';
import { Form, Outcome, useAction } from '../shared/account/action.tsx';
import { NewPassword } from '../shared/account/new-password.tsx';
import { session } from '../shared/session.ts';
import type { EmailPageTexts } from './email-pages.tsx';
import { TOKEN } from './place.ts';

export const EmailPage = ({ page }: { page: EmailPageTexts }) => {
  const action = useAction();
  const [password, setPassword] = useState('');
  const [result, setResult] = useState<ReactNode>();
  if (result !== undefined) return <Outcome>{result}</Outcome>;
  if (TOKEN === null) return <Incomplete wayOn={page.wayOn} />;
  if (action.error?.code === 'INVALID_TOKEN') return <Refused error={action.error} page={page} />;

  const run = async () => {
    setResult(await page.run(TOKEN ?? '', password));
    // It may have ended the session of this browser.
    session.check();
  };
  return (
    <Form action={action} submit={page.submit} isDangerous={page.isDangerous ?? false} onSubmit={run}>
      {page.explanation}
      {page.takesPassword && <NewPassword action={action} value={password} onChange={setPassword} />}
    </Form>
  );
};

const Incomplete = ({ wayOn }: { wayOn: ReactNode }) => (
  <>
    <p className="ag-fault">This address has no token. Please open the link of the email again: this page forgets the token when you reload it.</p>
    {wayOn}
  </>
);

const Refused = ({ error, page }: { error: AuthError; page: EmailPageTexts }) => (
  <>
    <Outcome>{sentenceOf(error, page)}</Outcome>
    {page.wayOn}
  </>
);

const sentenceOf = ({ reason }: AuthError, page: EmailPageTexts): string => {
  switch (reason) {
    case 'USED':
      return `This link was used before. ${page.ifUsed ?? ''}`;
    case 'EXPIRED':
      return 'This link has expired, or a newer email has replaced it.';
    default:
      return 'This link is not known here. Was it copied completely?';
  }
};
