// Takes secrets out of what GraphiQL keeps between visits: texts of operations, and variables.

/** Names of arguments, input fields and variables whose values are no secrets. All other texts are left out. */
const PUBLIC = new Set([
  ...['after', 'before', 'from', 'id', 'ids', 'userId', 'sessionId', 'actorId', 'subjectId', 'provider', 'ipAddress', 'until'],
  ...['email', 'newEmail', 'name', 'locale', 'deviceName', 'search', 'startsWith', 'tokenDelivery', 'role', 'roles', 'status'],
  ...['statuses', 'actions', 'outcomes', 'field', 'direction', 'days', 'first', 'last', 'reason', 'cause'],
]);

/** Strings (also those that are still being typed), names before a colon, and numbers. */
const PARTS = /"""[^]*?(?:"""|$)|"(?:[^"\\\n]|\\.)*(?:"|$|(?=\n))|[A-Za-z_]\w*(?=\s*:)|\b\d+\b/g;

/** Empties every text, and zeroes every number, whose name is not known to be public. It reads GraphQL and JSON alike, complete or not. */
export const redactText = (text: string): string => {
  let name = '';
  return text.replace(PARTS, (part, offset: number) => {
    const isString = part.startsWith('"');
    if (/^\s*:/.test(text.slice(offset + part.length, offset + part.length + 20))) {
      // A key: of JSON with quotes, of GraphQL without.
      name = isString ? part.slice(1, -1) : part;
      return part;
    }
    if (PUBLIC.has(name)) return part;
    return isString ? '""' : '0';
  });
};

/** Keys of GraphiQL's objects that hold such texts. */
const TEXTS = new Set(['query', 'variables']);

const redactObject = (value: string): string =>
  JSON.stringify(JSON.parse(value), (key, entry: unknown) => {
    if (key === 'headers' || key === 'response') return null;
    return TEXTS.has(key) && typeof entry === 'string' ? redactText(entry) : entry;
  });

/** What may be stored under a key of GraphiQL. Null: nothing. */
export const redact = (key: string, value: string): string | null => {
  const [, name = ''] = key.split(':');
  switch (name) {
    case 'query':
    case 'variables':
      return redactText(value);
    case 'headers':
      return null;
    case 'tabState':
    case 'queries':
    case 'favorites':
      return redactObject(value);
    default:
      return value;
  }
};

/** localStorage for GraphiQL. */
export const redactingStorage = {
  getItem: (key: string) => localStorage.getItem(key),
  setItem: (key: string, value: string) => {
    const kept = redact(key, value);
    if (kept === null) localStorage.removeItem(key);
    else localStorage.setItem(key, kept);
  },
  removeItem: (key: string) => localStorage.removeItem(key),
  get length() {
    return localStorage.length;
  },
  clear: () => {
    for (const key of Object.keys(localStorage)) if (key.startsWith('graphiql:')) localStorage.removeItem(key);
  },
};
