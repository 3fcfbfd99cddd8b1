// An administrator looks through the table of users, and locks, unlocks and deletes some of them.
import type { Api } from '../shared/execute.js';
import { keepTokens } from '../shared/tokens.js';
import { logIn, register, type Credentials } from '../testing/accounts.js';
import { newcomer } from '../testing/server.js';
import type { Dialog } from './reauthenticate.js';
import { count, lock, next, open, previous, remove, unlock, type Table, type View } from './table.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const PAGE_SIZE = 2;

const show = ({ rows, total, note }: Table): string => {
  const cells = rows.map(({ name, email, status, lock }) => `${name ?? email.split('-')[0]} ${status}${lock ? ` (${lock.cause})` : ''}`);
  return `${cells.join(', ')}${total === undefined ? '' : ` of ${total}`}${note && `: ${note}`}`;
};

export interface Admin extends Credentials {
  /** Returns a code of the second factor, for administrators who have one. */
  readonly code?: () => string;
  /** Returns tokens if the login needs more than a password. */
  readonly api?: Api;
}

/** Returns every state of the table with the step that led to it, and the methods that the dialog asked for. */
export const run = async (url: string, admin: Admin) => {
  const from = new Date().toISOString();
  const search = crypto.randomUUID();
  for (const name of NAMES) await register(url, { ...newcomer(name), email: `${name}-${search}@example.com` }, 'Phone');
  const api = admin.api ?? { url, accessToken: keepTokens(url, await logIn(url, admin, 'Console')) };

  const asked: (readonly string[])[] = [];
  const dialog: Dialog = async (methods) => {
    asked.push(methods);
    return {
      password: methods.includes('PASSWORD') ? admin.password : undefined,
      code: methods.includes('TOTP') ? admin.code?.() : undefined,
    };
  };

  const states: [string, string][] = [];
  const step = (what: string, table: Table) => {
    states.push([what, show(table)]);
    return table;
  };

  const view: View = {
    filter: { search, roles: ['USER'], statuses: ['ACTIVE', 'LOCKED'], createdAt: { from } },
    orderBy: { field: 'CREATED_AT', direction: 'ASC' },
    pageSize: PAGE_SIZE,
  };
  let table = step('open', await open(api, view));
  table = step('count', await count(api, table));
  table = step('next page', await next(api, table));
  table = step('previous page', await previous(api, table));

  const [first, second] = table.rows;
  if (!first || !second) throw new Error('The table has no rows.');
  table = step('lock', await lock(api, table, dialog, first.id));
  table = step('lock until 2100', await lock(api, table, dialog, second.id, '2100-01-01T00:00:00Z'));
  table = step('unlock', await unlock(api, table, dialog, first.id));
  table = step('delete', await remove(api, table, dialog, first.id));
  table = step('lock the deleted', await lock(api, table, dialog, first.id));
  step('only the locked', await open(api, { ...view, filter: { ...view.filter, statuses: ['LOCKED'] } }));
  step('by email, descending', await open(api, { ...view, orderBy: { field: 'EMAIL', direction: 'DESC' } }));
  return { states, asked };
};
