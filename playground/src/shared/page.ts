// What the server wrote into the page.
const written = document.getElementById('root')?.dataset ?? {};
// Vite's own server leaves the template as it is.
const value = (text: string | undefined) => (text === undefined || text.startsWith('{{') ? '' : text);

/** The path of PUBLIC_URL, without a slash at its end. */
export const BASE = value(written['base']);
/** `development` or `production`. */
export const MODE = value(written['mode']) || 'development';
/** `MAX_COMPLEXITY`. 0: unknown. */
export const MAX_COST = Number(value(written['maxCost']));
/** `PRODUCT_NAME`. */
export const PRODUCT = value(written['product']) || 'authgraph';
/** The version of the server; empty on pages that do not show it. */
export const VERSION = value(written['version']);
/** The name of this page, which is also its path below BASE: `console`. */
export const PAGE = value(written['page']);
/** Where this page begins: `/auth/console`. */
export const HOME = `${BASE}/${PAGE}`;
export const ENDPOINT = `${BASE}/graphql`;
export const LICENSES = `${HOME}/licenses.md`;
export const MAILBOX = `${BASE}/dev/mailbox`;
/** Where a provider sends the browser back to. The server allows this address by itself. */
export const OAUTH_CALLBACK = `${HOME}/oauth/callback`;
