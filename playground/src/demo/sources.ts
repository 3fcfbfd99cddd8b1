// The code of the calls, as it runs: each file is both imported and shown.
import email from './calls/email.ts?raw';
import history from './calls/history.ts?raw';
import provider from './calls/provider.ts?raw';
import refresh from './calls/refresh.ts?raw';
import register from './calls/register.ts?raw';
import reset from './calls/reset.ts?raw';
import reuse from './calls/reuse.ts?raw';
import secondFactor from './calls/second-factor.ts?raw';
import sessions from './calls/sessions.ts?raw';
import signIn from './calls/sign-in.ts?raw';
import verify from './calls/verify.ts?raw';
import type { StepName } from './journey.ts';

/** A file whose code is shown. */
export interface Source {
  /** Below `playground/src/demo`. */
  readonly path: string;
  readonly text: string;
}

export const SOURCES: Readonly<Record<StepName, readonly Source[]>> = {
  register: [{ path: 'calls/register.ts', text: register }],
  email: [{ path: 'calls/email.ts', text: email }],
  verify: [{ path: 'calls/verify.ts', text: verify }],
  'sign-in': [{ path: 'calls/sign-in.ts', text: signIn }],
  'second-factor': [{ path: 'calls/second-factor.ts', text: secondFactor }],
  sessions: [{ path: 'calls/sessions.ts', text: sessions }],
  refresh: [{ path: 'calls/refresh.ts', text: refresh }],
  reuse: [
    { path: 'calls/reuse.ts', text: reuse },
    { path: 'calls/history.ts', text: history },
  ],
  reset: [{ path: 'calls/reset.ts', text: reset }],
  provider: [{ path: 'calls/provider.ts', text: provider }],
  done: [],
};
