// A field for a new password, with the rules of the server beside it.
import { useEffect, useId, useState } from 'react';
import { auth } from '../session.ts';
import type { Action } from './action.tsx';
import { PasswordRules, type PasswordRulesQuery } from './generated.ts';

type Rule = PasswordRulesQuery['authConfig']['passwordPolicy']['rules'][number];

interface NewPasswordProps {
  value: string;
  onChange: (password: string) => void;
  /** Whose refusals concern the password. */
  action: Action;
  label?: string;
}

/** The rules as a list of what a password has to be. The messages of the server are for a password that breaks them. */
const sentenceOf = ({ code, limit, message }: Rule): string =>
  ({
    TOO_SHORT: `At least ${limit} characters`,
    TOO_LONG: `At most ${limit} characters`,
    NO_UPPERCASE: 'An upper-case letter',
    NO_LOWERCASE: 'A lower-case letter',
    NO_DIGIT: 'A digit',
    NO_SYMBOL: 'A symbol',
    TOO_COMMON: 'Not a common password',
    CONTAINS_IDENTITY: 'Without your name and email address',
  } as Partial<Record<typeof code, string>>)[code] ?? message;

/** `undefined` where only the server can tell. */
const isKept = ({ pattern }: Rule, password: string) =>
  pattern === null || password === '' ? undefined : new RegExp(pattern, 'u').test(password.normalize('NFC'));

export const NewPassword = ({ value, onChange, action, label = 'New password' }: NewPasswordProps) => {
  const [rules, setRules] = useState<readonly Rule[]>([]);
  const [isShown, setShown] = useState(false);
  const id = useId();
  // Without the list the form works, and the server still says what is missing.
  useEffect(() => void auth.request(PasswordRules, {}).then(({ authConfig }) => setRules(authConfig.passwordPolicy.rules), () => {}), []);
  const isRefused = action.error?.fields.some(({ path }) => /password$/i.test(path)) ?? false;
  return (
    <div className="ag-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={isShown ? 'text' : 'password'}
        autoComplete="new-password"
        autoCapitalize="none"
        spellCheck={false}
        required
        aria-describedby={`${id}-rules`}
        aria-invalid={isRefused}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <label className="ag-check">
        <input type="checkbox" checked={isShown} onChange={(event) => setShown(event.target.checked)} /> Show the password
      </label>
      <ul className="ag-rules" id={`${id}-rules`} aria-label="Rules for the password">
        {rules.map((rule) => {
          const kept = isKept(rule, value);
          return (
            <li key={rule.code} data-kept={kept}>
              {sentenceOf(rule)}
              {kept && <span className="ag-hidden"> (done)</span>}
            </li>
          );
        })}
      </ul>
    </div>
  );
};
