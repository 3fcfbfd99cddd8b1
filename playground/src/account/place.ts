// Which page the address means, and the token of an email's link.
// First: a browser that comes back from a provider returns to where it began.
import '../shared/oauth.ts';
import { HOME } from '../shared/page.ts';

/** What stands below /account: `verify-email`. */
export const PLACE = location.pathname.slice(HOME.length).replace(/^\/+|\/+$/g, '');

const taken = new URLSearchParams(location.search).get('token');
// While the script loads: the token must not stay in the address or in the history. The page has it in memory alone.
if (taken !== null) history.replaceState(null, '', location.pathname);

/** The token of the link. Null without one, and after the page was loaded again. */
export const TOKEN = taken === '' ? null : taken;
