// Random operations with variables, and random values for them, as JSON.
import { isEnumType, isInputObjectType, isListType, isNonNullType, isCompositeType, getNamedType } from 'graphql-16';
import { Random } from './random.mjs';
import { EXAMPLES } from './scalars.mjs';

const ANY = ['null', '1', '0', '-1', '1.0', '1.5', '1e2', '2147483647', '2147483648', '-2147483649', '9007199254740993', '""', '"x"', '"1"', '"ADMIN"', 'true', '[]', '[1]', '["x"]', '[null]', '{}', '{"a":1}', '[[]]', '[{}]'];

class Values {
  constructor(random, bend) {
    Object.assign(this, { random, bend });
  }

  json(type, depth = 0) {
    const { random } = this;
    if (random.chance(this.bend)) return random.pick(ANY);
    if (isNonNullType(type)) type = type.ofType;
    else if (random.chance(0.15)) return 'null';
    if (isListType(type)) return random.chance(0.3) ? this.json(type.ofType, depth) : `[${random.times(0, 3, () => this.json(type.ofType, depth)).join(',')}]`;
    if (isEnumType(type)) return JSON.stringify(random.pick(type.getValues()).name);
    if (isInputObjectType(type)) return this.object(type, depth);
    const examples = EXAMPLES[type.name];
    if (examples) return random.pick(random.chance(0.1) ? examples.wrong : examples.right);
    return random.pick({
      Int: ['0', '1', '-1', '1.0', '2147483647', '-2147483648', '1e2'], Float: ['1', '1.5'], String: ['""', '"x"', '"é😀"'],
      Boolean: ['true', 'false'], ID: ['"x"', '1', '-7', '1.0', '123456789012'],
    }[type.name] ?? ANY);
  }

  object(type, depth) {
    const { random } = this;
    const fields = Object.values(type.getFields());
    let given = fields.filter((field) => (isNonNullType(field.type) && field.defaultValue === undefined) !== random.chance(this.bend) || (depth < 3 && random.chance(0.4)));
    if (type.isOneOf && !random.chance(this.bend)) given = [random.pick(fields)];
    const members = given.map((field) => `${JSON.stringify(field.name)}:${this.json(field.type, depth + 1)}`);
    if (random.chance(this.bend)) members.push('"nope":1');
    return `{${members.join(',')}}`;
  }
}

/** A document whose one operation does nothing but have variables, and values for them. */
export function variablesOf(schema, seed, index) {
  const random = new Random(seed * 7_000_003 + index);
  const values = new Values(random, random.pick([0, 0.03, 0.15]));
  const kind = random.pick(['query', 'mutation']);
  const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
  const field = random.pick(Object.values(root.getFields()).filter((candidate) => candidate.args.length > 0));
  const [definitions, uses, members] = [[], [], []];
  for (const arg of field.args) {
    const hasDefault = !isInputObjectType(getNamedType(arg.type)) && random.chance(0.2) && !isListType(arg.type) && !isNonNullType(arg.type);
    const literal = { Int: '5', String: '"x"', ID: '"x"', Boolean: 'true' }[getNamedType(arg.type).name];
    definitions.push(`$${arg.name}: ${arg.type}${hasDefault && literal ? ` = ${literal}` : ''}`);
    uses.push(`${arg.name}: $${arg.name}`);
    if (!random.chance(isNonNullType(arg.type) ? values.bend : 0.3)) members.push(`${JSON.stringify(arg.name)}:${values.json(arg.type)}`);
  }
  if (random.chance(0.1)) members.push('"other":{"not":"declared"}');
  const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  const query = `${kind}(${definitions.join(', ')}) { __typename ${field.name}(${uses.join(', ')}) @skip(if: true)${selection} }`;
  return { query, variables: `{${members.join(',')}}` };
}
