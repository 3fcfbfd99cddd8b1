// The scalars of the schema as they are checked before anything runs, for graphql-js, which knows only their names.

const DATE_TIME = /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Whether this is a day of the calendar. */
function isDay(text) {
  const day = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

const isText = (value) => typeof value === 'string';
const CHECKS = {
  DateTime: (value) => isText(value) && isDay(DATE_TIME.exec(value)?.[1] ?? ''),
  Date: (value) => isText(value) && isDay(value),
  // A malformed one is refused by its field, with the path and VALIDATION_FAILED.
  EmailAddress: isText,
  URL: (value) => isText(value) && URL.canParse(value),
};

/** JSON texts of each scalar: as they should be, and almost so. */
export const EXAMPLES = {
  DateTime: { right: ['"2026-11-21T09:30:00.000Z"', '"2026-11-21t09:30:00z"', '"2024-02-29T23:59:59.123456+14:00"', '"0001-01-01T00:00:00-00:00"'],
    wrong: ['"yesterday"', '"2026-11-21"', '"2026-02-30T09:30:00Z"', '"2026-11-21T24:00:00Z"', '"2026-11-21T09:30Z"', '"2026-11-21T09:30:00"', '"2026-11-21T09:30:00.Z"', '1700000000'] },
  Date: { right: ['"2026-11-21"', '"2024-02-29"'], wrong: ['"2026-2-3"', '"2025-02-29"', '" 2026-11-21"', '"2026-11-21T09:30:00Z"'] },
  EmailAddress: { right: ['"ann@example.com"', '"nonsense"', '""'], wrong: ['1', 'true', '["ann@example.com"]'] },
  URL: { right: ['"https://example.com/path?query=1"', '"com.example.app:/callback"'], wrong: ['"/path"', '"example.com"', '""', '1'] },
};

/** Gives the scalars of a schema that was built from text what they accept. */
export function checkScalars(js, schema) {
  for (const [name, accepts] of Object.entries(CHECKS)) {
    const scalar = schema.getType(name);
    if (!scalar) throw new Error(`the schema has no scalar ${name}`);
    const parse = (value) => {
      if (accepts(value)) return value;
      throw new js.GraphQLError(`no ${name}`);
    };
    // graphql-js 16 knows the first two, graphql-js 17 all.
    scalar.parseValue = parse;
    scalar.parseLiteral = (node) => parse(node.kind === js.Kind.STRING ? node.value : undefined);
    scalar.coerceInputValue = parse;
    scalar.coerceInputLiteral = scalar.parseLiteral;
  }
  // Another scalar would be taken for one that accepts anything.
  const others = Object.values(schema.getTypeMap()).filter((type) => js.isScalarType(type) && !js.isSpecifiedScalarType(type) && !CHECKS[type.name] && type.name !== 'JSON');
  if (others.length > 0) throw new Error(`unknown scalars: ${others.map((type) => type.name).join(', ')}`);
  return schema;
}
