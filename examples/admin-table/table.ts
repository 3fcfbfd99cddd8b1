// A table of users: filters, order, pages, and actions on its rows. Each function takes a table and returns the next one.
import type { UserFilter, UserOrder, UserRowFragment, UsersQuery } from '../generated/graphql.js';
import { execute, type Api } from '../shared/execute.js';
import { explain } from '../shared/messages.js';
import { DeleteUser, LockUser, UnlockUser, Users } from './operations.js';
import { NotConfirmed, withRecentAuth, type Dialog } from './reauthenticate.js';

export interface View {
  readonly filter: UserFilter;
  readonly orderBy: UserOrder;
  readonly pageSize: number;
}

export interface Table {
  readonly view: View;
  readonly rows: readonly UserRowFragment[];
  readonly page: UsersQuery['users']['pageInfo'];
  /** Number of all matching users. Undefined until somebody asks: counting costs more than a page. */
  readonly total: number | undefined;
  readonly note: string;
}

type Position = { first: number; after?: string | null } | { last: number; before: string | null };

const load = async (api: Api, view: View, position: Position, count = false): Promise<Table> => {
  const { users } = await execute(api, Users, { filter: view.filter, orderBy: view.orderBy, count, ...position });
  return { view, rows: users.nodes, page: users.pageInfo, total: users.totalCount, note: '' };
};

/** The first page. A cursor belongs to its filter and order, so every change of the view begins here. */
export const open = (api: Api, view: View): Promise<Table> => load(api, view, { first: view.pageSize });

export const next = async (api: Api, table: Table): Promise<Table> =>
  table.page.hasNextPage
    ? { ...(await load(api, table.view, { first: table.view.pageSize, after: table.page.endCursor })), total: table.total }
    : table;

export const previous = async (api: Api, table: Table): Promise<Table> =>
  table.page.hasPreviousPage
    ? { ...(await load(api, table.view, { last: table.view.pageSize, before: table.page.startCursor })), total: table.total }
    : table;

/** Counts the matching users. A page of no rows costs nothing beside the count. */
export const count = async (api: Api, table: Table): Promise<Table> => ({
  ...table,
  total: (await load(api, table.view, { first: 0 }, true)).total,
});

/** Runs an action that returns the changed user, and puts it into its row. */
const act = async (api: Api, table: Table, dialog: Dialog, action: () => Promise<UserRowFragment>): Promise<Table> => {
  try {
    const user = await withRecentAuth(api, dialog, action);
    return { ...table, rows: table.rows.map((row) => (row.id === user.id ? user : row)), note: '' };
  } catch (error) {
    return { ...table, note: error instanceof NotConfirmed ? error.message : explain(error) };
  }
};

export const lock = (api: Api, table: Table, dialog: Dialog, userId: string, until?: string): Promise<Table> =>
  act(api, table, dialog, async () => (await execute(api, LockUser, { input: { userId, until } })).lockUser.user);

export const unlock = (api: Api, table: Table, dialog: Dialog, userId: string): Promise<Table> =>
  act(api, table, dialog, async () => (await execute(api, UnlockUser, { input: { userId } })).unlockUser.user);

export const remove = (api: Api, table: Table, dialog: Dialog, userId: string): Promise<Table> =>
  act(api, table, dialog, async () => (await execute(api, DeleteUser, { input: { userId } })).deleteUser.user);
