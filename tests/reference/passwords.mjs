// Asks a running server for the rules of passwords, and fails where a rule's regular expression and the server's own check
// disagree on a password. Usage: node passwords.mjs <base url>
// The server must have no limits: RATE_LIMIT_REQUESTS=0 RATE_LIMIT_BUDGET=0 RATE_LIMIT_AUTH=0 RATE_LIMIT_AUTH_NETWORK=0.
const [base] = process.argv.slice(2);
if (!base) {
  console.error('usage: node passwords.mjs <base url>');
  process.exit(2);
}

const ask = async (query, variables) => {
  const body = JSON.stringify({ query, variables });
  const response = await fetch(`${base}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return response.json();
};

const { data } = await ask('{ authConfig { passwordPolicy { rules { code limit pattern } } } }');
const rules = data.authConfig.passwordPolicy.rules.filter(({ pattern }) => pattern !== null);
// One character of each kind that the classes of a regular expression could judge otherwise.
const CHARACTERS = ['a', 'A', '1', '-', ' ', '\t', '\n', '\u0000', '\u00a0', '\u3000', '\u200b', '\ufeff', 'ä', 'Ä', 'ß', 'ẞ', 'ǅ', 'ª', 'ⅷ', 'Ⅷ', 'ⓐ', 'Ⓐ',
  '½', '²', '٣', '一', '〇', '漢', 'あ', 'й', 'Й', '\u0301', '\u0345', '\u093e', '€', '😀', '👩‍👩‍👧', '🄰', '𝐀', '𝐚', '𝟏', '_', '"', '\\', '\u2028', '\u0085', 'ʰ', 'İ', 'ı'];
const passwords = ['', 'short', 'Correct-Horse-7', 'Пароль-из-Букв-42', 'e\u0301'.repeat(10), '\u0061\u030a'.repeat(5), '😀'.repeat(9), '😀'.repeat(10), 'ä'.repeat(10),
  'a'.repeat(128), 'a'.repeat(129), '😀'.repeat(128), '😀'.repeat(129), 'e\u0301'.repeat(128), 'aB3$\n'.repeat(4), ...CHARACTERS, ...CHARACTERS.map((character) => character.repeat(12)),
  ...CHARACTERS.flatMap((one) => CHARACTERS.map((other) => `${one}${other}`.repeat(6)))];

const differences = [];
for (const [index, password] of passwords.entries()) {
  const input = { email: `person${index}@example.com`, password };
  const { errors } = await ask('mutation($input: RegisterInput!) { register(input: $input) { __typename } }', { input });
  const refused = new Set((errors?.[0]?.extensions?.fields ?? []).map(({ code }) => code));
  if (errors && refused.size === 0) throw new Error(`${JSON.stringify(password)}: ${JSON.stringify(errors)}`);
  for (const { code, pattern } of rules) {
    const isKept = new RegExp(pattern, 'u').test(password.normalize('NFC'));
    if (isKept === refused.has(code)) differences.push(`${code} of ${JSON.stringify(password)}: the expression says ${isKept}`);
  }
}
for (const difference of differences.slice(0, 20)) console.error(difference);
console.log(`${passwords.length} passwords, ${rules.length} rules: ${differences.length} differences`);
process.exit(differences.length === 0 && rules.length === 6 ? 0 : 1);
