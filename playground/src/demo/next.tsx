// The way to another step.
import type { ReactNode } from 'react';
import { goTo, type StepName } from './journey.ts';

export const Next = ({ to, children }: { to: StepName; children: ReactNode }) => (
  <button type="button" className="ag-button ag-primary" onClick={() => goTo(to)}>
    {children}
  </button>
);
