// How values are shown.
import type { ReactNode } from 'react';

const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const toTheSecond = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const numbers = new Intl.NumberFormat();

export const count = (value: number): string => numbers.format(value);

export const Time = ({ at, isExact = false }: { at: string; isExact?: boolean }) => (
  <time dateTime={at} title={at}>
    {(isExact ? toTheSecond : dateAndTime).format(new Date(at))}
  </time>
);

export const when = (at: string): string => dateAndTime.format(new Date(at));

/** `MFA_ENABLED` as `MFA enabled`. */
export const words = (value: string): string => {
  const text = value.toLowerCase().replaceAll('_', ' ').replaceAll(/\bmfa\b/g, 'MFA').replaceAll(/\boauth\b/g, 'OAuth').replaceAll(/\btotp\b/g, 'TOTP');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

type Tone = 'good' | 'bad' | 'weak' | 'strong';

const TONES: Readonly<Record<string, Tone>> = {
  ACTIVE: 'good',
  SUCCESS: 'good',
  LOCKED: 'bad',
  FAILURE: 'bad',
  COMPROMISED: 'bad',
  ADMIN: 'strong',
};

/** A word of the schema, with a colour that adds nothing to it. */
export const Badge = ({ value, children }: { value: string; children?: ReactNode }) => (
  <span className="ag-badge ag-tone" data-tone={TONES[value] ?? 'weak'}>
    {children ?? words(value)}
  </span>
);

/** An email address, which breaks behind its @ if it must. */
export const Email = ({ address }: { address: string }) => {
  const at = address.lastIndexOf('@') + 1;
  return (
    <>
      {address.slice(0, at)}
      <wbr />
      {address.slice(at)}
    </>
  );
};
