import type { AuthClient } from '../../client/index.ts';
import { History } from '../generated.ts';

/** What happened to the user's account, newest first. */
export const readHistory = async (auth: AuthClient) =>
  (await auth.request(History, {})).me.auditEvents.nodes;
