// The filter of the audit trail, as the address says it.
import { AuditActions, type AuditAction, type AuditEventFilter, type AuditOutcome } from '../generated.ts';

const isKnown = (name: string): name is AuditAction => AuditActions.some((action) => action === name && name !== 'UNKNOWN');
const isOutcome = (name: string | null): name is AuditOutcome => name === 'SUCCESS' || name === 'FAILURE';

/** Undefined: all events. */
export const filterOf = (params: URLSearchParams): AuditEventFilter | undefined => {
  const text = (name: string) => params.get(name) ?? undefined;
  const actions = params.getAll('action').filter(isKnown);
  const outcome = params.get('outcome');
  const [from, before] = [text('from'), text('until')];
  const filter: AuditEventFilter = {
    actions: actions.length > 0 ? actions : undefined,
    outcomes: isOutcome(outcome) ? [outcome] : undefined,
    actorId: text('actor'),
    subjectId: text('subject'),
    sessionId: text('session'),
    ipAddress: text('ip'),
    at: from || before ? { from, before } : undefined,
  };
  return Object.values(filter).some((value) => value !== undefined) ? filter : undefined;
};

/** The parameters that make up the filter. */
export const NO_FILTER = Object.fromEntries(
  ['action', 'outcome', 'actor', 'subject', 'session', 'ip', 'from', 'until'].map((name) => [name, null]),
);
