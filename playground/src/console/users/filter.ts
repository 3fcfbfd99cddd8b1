// The filter and the order of the users, as the address says them.
import type { Role, UserFilter, UserOrder, UserStatus } from '../generated.ts';

export const STATUSES = ['ACTIVE', 'INVITED', 'LOCKED', 'DELETED', 'ERASED'] as const satisfies readonly UserStatus[];
export const ROLES = ['USER', 'ADMIN'] as const satisfies readonly Role[];

export const ORDERS: Readonly<Record<string, readonly [UserOrder, string]>> = {
  '': [{ field: 'CREATED_AT', direction: 'DESC' }, 'Newest first'],
  oldest: [{ field: 'CREATED_AT', direction: 'ASC' }, 'Oldest first'],
  'last-seen': [{ field: 'LAST_LOGIN_AT', direction: 'DESC' }, 'Last signed in first'],
  'long-away': [{ field: 'LAST_LOGIN_AT', direction: 'ASC' }, 'Longest away first'],
  email: [{ field: 'EMAIL', direction: 'ASC' }, 'Email, A to Z'],
  'email-desc': [{ field: 'EMAIL', direction: 'DESC' }, 'Email, Z to A'],
};

const word = <Word extends string>(words: readonly Word[], value: string | null): Word | undefined => words.find((each) => each === value);
const answer = (value: string | null) => (value === 'yes' ? true : value === 'no' ? false : undefined);

/** Undefined: all users that are not deleted. */
export const filterOf = (params: URLSearchParams): UserFilter | undefined => {
  const status = word(STATUSES, params.get('status'));
  const role = word(ROLES, params.get('role'));
  const [from, before] = [params.get('from') ?? undefined, params.get('until') ?? undefined];
  const filter: UserFilter = {
    search: params.get('search')?.trim() || undefined,
    statuses: status && [status],
    roles: role && [role],
    emailVerified: answer(params.get('verified')),
    mfaEnabled: answer(params.get('mfa')),
    createdAt: from || before ? { from, before } : undefined,
  };
  return Object.values(filter).some((value) => value !== undefined) ? filter : undefined;
};

export const orderOf = (params: URLSearchParams): UserOrder | undefined => {
  const name = params.get('order') ?? '';
  return name === '' ? undefined : ORDERS[name]?.[0];
};

/** The parameters that make up the filter. */
export const NO_FILTER = Object.fromEntries(
  ['search', 'status', 'role', 'verified', 'mfa', 'from', 'until'].map((name) => [name, null]),
);
