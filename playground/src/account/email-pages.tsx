// The pages that emails link to.
import type { ReactNode } from 'react';
import { Form, Field, Outcome, useAction } from '../shared/account/action.tsx';
import { ResendVerification } from '../shared/account/generated.ts';
import { ForgotPasswordForm, MailboxHint } from '../shared/account/sign-in.tsx';
import { HOME } from '../shared/page.ts';
import { auth } from '../shared/session.ts';
import { useState } from 'react';
import { ChoosePassword, ConfirmAddress, Disown, UndoAddress, VerifyAddress } from './generated.ts';

export interface EmailPageTexts {
  title: string;
  explanation: ReactNode;
  submit: string;
  isDangerous?: boolean;
  takesPassword?: boolean;
  /** Spends the token. Answers what came of it. */
  run: (token: string, newPassword: string) => Promise<ReactNode>;
  ifUsed?: string;
  /** How to go on if the token is worth nothing. */
  wayOn: ReactNode;
}

const ToAccount = ({ children }: { children: ReactNode }) => (
  <p>
    <a href={HOME}>{children}</a>
  </p>
);

const VerificationForm = () => {
  const action = useAction();
  const [email, setEmail] = useState('');
  const [sentTo, setSentTo] = useState<string>();
  if (sentTo !== undefined) {
    return (
      <Outcome>
        <p>If {sentTo} has to be verified, the email is on its way.</p>
        <MailboxHint />
      </Outcome>
    );
  }
  const send = async () => {
    await auth.request(ResendVerification, { input: { email } });
    setSentTo(email);
  };
  return (
    <Form action={action} submit="Send another email" onSubmit={send}>
      <Field label="Email address" type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
    </Form>
  );
};

const choosePassword = async (token: string, newPassword: string) => {
  const { email } = (await auth.request(ChoosePassword, { input: { token, newPassword } })).resetPassword;
  return (
    <>
      <p>The new password of {email} is set.</p>
      <ToAccount>Sign in</ToAccount>
    </>
  );
};

const NEW_PASSWORD_FOLLOWS = 'You get an email with a link to choose a new password.';

export const EMAIL_PAGES: Readonly<Record<string, EmailPageTexts>> = {
  'verify-email': {
    title: 'Verify your email address',
    explanation: <p>Please confirm that this mailbox is yours.</p>,
    submit: 'Verify my address',
    run: async (token) => {
      const { email } = (await auth.request(VerifyAddress, { input: { token } })).verifyEmail;
      return (
        <>
          <p>{email} is verified.</p>
          <ToAccount>Go to your account</ToAccount>
        </>
      );
    },
    ifUsed: 'If it was you, your address is verified.',
    wayOn: <VerificationForm />,
  },
  'reset-password': {
    title: 'Choose a new password',
    explanation: <p>All your sessions end, and you sign in with the new password.</p>,
    submit: 'Set the password',
    takesPassword: true,
    run: choosePassword,
    wayOn: <ForgotPasswordForm />,
  },
  'accept-invitation': {
    title: 'Accept the invitation',
    explanation: <p>Choose a password for your new account.</p>,
    submit: 'Accept and set the password',
    takesPassword: true,
    run: choosePassword,
    ifUsed: 'If it was you, sign in with your password.',
    wayOn: (
      <>
        <p>Ask the person who invited you for another invitation.</p>
        <ToAccount>Sign in</ToAccount>
      </>
    ),
  },
  'confirm-email-change': {
    title: 'Confirm your new email address',
    explanation: <p>Your account changes to this address. The former address gets a message about it.</p>,
    submit: 'Use this address',
    run: async (token) => {
      const { email } = (await auth.request(ConfirmAddress, { input: { token } })).confirmEmailChange;
      return (
        <>
          <p>Your account now has the address {email}.</p>
          <ToAccount>Go to your account</ToAccount>
        </>
      );
    },
    wayOn: (
      <>
        <p>The link works once, and only while the session lasts in which you asked for it. You can ask again.</p>
        <ToAccount>Go to your account</ToAccount>
      </>
    ),
  },
  'undo-email-change': {
    title: 'Undo the change of your email address',
    explanation: (
      <>
        <p>Click only if you did not change the address of your account. Then:</p>
        <ul>
          <li>the account has this address again,</li>
          <li>all sessions end, and linked providers are removed,</li>
          <li>the password is removed, because the person who changed the address may know it.</li>
        </ul>
        <p>{NEW_PASSWORD_FOLLOWS}</p>
      </>
    ),
    submit: 'Take my account back',
    isDangerous: true,
    run: async (token) => {
      const { email } = (await auth.request(UndoAddress, { input: { token } })).undoEmailChange;
      return (
        <>
          <p>
            Your account has the address {email} again, and all sessions have ended. {NEW_PASSWORD_FOLLOWS}
          </p>
          <MailboxHint />
        </>
      );
    },
    ifUsed: 'If it was you, look for the email to choose a new password.',
    wayOn: <ForgotPasswordForm />,
  },
  'disown-session': {
    title: 'Was this sign-in not yours?',
    explanation: (
      <>
        <p>If it was you, there is nothing to do. If it was not you, click. Then:</p>
        <ul>
          <li>all sessions of your account end, and linked providers are removed,</li>
          <li>the password is removed, because the person who signed in knows it.</li>
        </ul>
        <p>{NEW_PASSWORD_FOLLOWS}</p>
      </>
    ),
    submit: 'It was not me',
    isDangerous: true,
    run: async (token) => {
      await auth.request(Disown, { input: { token } });
      return (
        <>
          <p>All sessions have ended, and the old password no longer works. {NEW_PASSWORD_FOLLOWS}</p>
          <MailboxHint />
        </>
      );
    },
    ifUsed: 'If it was you, look for the email to choose a new password.',
    wayOn: <ForgotPasswordForm />,
  },
};
