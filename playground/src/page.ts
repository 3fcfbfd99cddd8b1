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
export const ENDPOINT = `${BASE}/graphql`;
export const LICENSES = `${BASE}/playground/licenses.md`;
export const MAILBOX = `${BASE}/dev/mailbox`;
