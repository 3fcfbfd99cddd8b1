// Random documents for a schema: most choices are right ones, and `bend` says how often one is wrong.
import { isAbstractType, isCompositeType, isEnumType, isInputObjectType, isListType, isNonNullType, isObjectType, getNamedType, getNullableType } from 'graphql-16';
import { Random } from './random.mjs';

const DEEPEST = 4;
const NAMES = ['a', 'b', 'c', 'id', 'name', 'nullx', 'on', 'type', 'query', 'true', 'é', '_', '__typename', 'user', 'edges', 'node', 'totalCount'];
const TOKENS = ['{', '}', '(', ')', '[', ']', ':', '!', '=', '@', '$', '...', '&', '|', ',', '\ufeff', '\n', '\r\n', '# comment\n', '"', '"""', '\\',
  '"x"', '""', '"""block"""', '1', '-1', '0', '00', '1.5', '1e5', '1.', '-', '.', '..', 'true', 'null', 'on', 'query', 'mutation', 'subscription',
  'fragment', '@skip(if: true)', '@include(if: $a)', '...F1', '... on User', '$a', '$b', 'a:', 'b', 'User', 'Int', 'x', 'é', '\u0000', '?', ';', "'"];
const DIRECTIVES = ['@skip(if: true)', '@include(if: false)'];
const STRINGS = ['"x"', '""', '"a b"', '"é 😀"', '"\\u0041\\n\\t\\"\\\\\\/"', '"\\uD83D\\uDE00"', '"\\u{1F600}"', '"# { } $a"', '"""block"""', '"""\n  a \\""" b\n    c\n"""', '"\u0007"'];
const BAD_STRINGS = ['"\\uD83D"', '"\\uDE00x"', '"\\u{D800}"', '"\\u{110000}"', '"\\u{}"', '"\\u12"', '"\\x"', '"a\nb"', '"', '"""a""', '"\\uD83D\\n"'];

export class Documents {
  constructor(schema, random, bend) {
    Object.assign(this, { schema, random, bend });
    this.composites = Object.values(schema.getTypeMap()).filter((type) => isCompositeType(type) && !type.name.startsWith('__'));
  }

  /** Whether something goes wrong here. */
  bends() {
    return this.bend > 0 && this.random.chance(this.bend);
  }

  document() {
    this.fragments = new Map();
    this.open = [];
    const count = this.random.chance(0.1) ? 2 : 1;
    const operations = Array.from({ length: count }, (_, index) => this.operation(count > 1 ? `Q${index}` : this.random.pick(['', 'Q'])));
    const fragments = [];
    while (this.open.length > 0) fragments.push(this.open.shift()());
    if (this.bends()) fragments.push('fragment Unused on User { id }');
    if (this.bends()) fragments.push(this.random.pick(['fragment F1 on User { id }', 'query Q { me { id } }', '{ me { id } }']));
    const parts = operations.map((operation) => operation(this)).concat(fragments);
    if (this.random.chance(0.1)) parts.reverse();
    return parts.join(this.random.pick(['\n', ' ', ', ', ' # and\r\n']));
  }

  /** Answers a function: variables are defined when every fragment has used what it uses. */
  operation(name) {
    const kind = this.random.pick(['query', 'query', 'query', 'mutation', 'subscription']);
    const root = { query: this.schema.getQueryType(), mutation: this.schema.getMutationType(), subscription: this.schema.getSubscriptionType() }[kind];
    this.variables = new Map();
    const variables = this.variables;
    const selection = this.selection(root, 0, kind === 'subscription' ? 1 : 3);
    return () => {
      if (kind === 'query' && name === '' && variables.size === 0 && this.random.chance(0.5)) return selection;
      if (this.bends()) variables.set('unused', 'Int');
      if (variables.size > 0 && this.bends()) variables.delete([...variables.keys()][0]);
      const definitions = [...variables].map(([variable, type]) => this.definition(variable, type));
      if (definitions.length > 0 && this.bends()) definitions.push(definitions[0]);
      const described = this.random.chance(0.03) ? this.random.pick(['"about" ', '"""about""" ']) : '';
      const directive = this.bends() ? ' @skip(if: true)' : '';
      return `${described}${kind} ${name}${definitions.length > 0 ? `(${definitions.join(' ')})` : ''}${directive} ${selection}`;
    };
  }

  definition(variable, type) {
    if (this.bends()) type = this.random.pick(['Int', 'String!', 'Nope', 'User', '[Int]', '[[ID!]]', 'LoginInput', `[${type}]`, type.replace(/!$/, ''), `${type}!`]);
    const named = this.schema.getType(type.replace(/[[\]!]/g, ''));
    const plain = type.replace(/!$/, '');
    let text = `$${variable}: ${type}`;
    if (this.random.chance(0.15) && named && !plain.startsWith('[') && !isCompositeType(named)) text += ` = ${this.bends() ? this.random.pick(['null', '$a', '{}', '[1]', '"x"']) : this.literal(named, 0, true)}`;
    if (this.bends()) text += this.random.pick([' = null', ' @skip(if: true)', ' @nope', ' @deprecated']);
    return this.random.chance(0.02) ? `"about" ${text}` : text;
  }

  selection(type, depth, most = 4) {
    const selections = this.random.times(1, most, () => this.one(type, depth)).filter((text) => text !== '');
    if (selections.length === 0) selections.push(type === this.schema.getSubscriptionType() ? this.field(type, depth) : '__typename');
    return this.bends() && this.random.chance(0.2) ? '{ }' : `{ ${selections.join(this.random.pick([' ', ', ', '\n']))} }`;
  }

  one(type, depth) {
    const choice = this.random.next();
    if (this.bends()) return this.random.pick(['nope', '...Nope', '... on Nope { id }', '... on Role { id }', '__schema { types { name } }', 'id { x }', '...F1', '... { }', 'a: a: b', '__typename(x: 1)', '__type(name: "User") { name }']);
    if (choice < 0.08 && type !== this.schema.getSubscriptionType()) return '__typename';
    if (choice < 0.16 && depth < DEEPEST) return `...${this.condition(type)}${this.directives()} ${this.selection(this.inner, depth + 1, 2)}`;
    if (choice < 0.26 && depth < DEEPEST) return this.spread(type, depth);
    return this.field(type, depth);
  }

  /** A type condition that can apply, and its type in `inner`. */
  condition(type) {
    this.inner = type;
    if (this.random.chance(0.3)) return '';
    const possible = isAbstractType(type) ? this.schema.getPossibleTypes(type) : isObjectType(type) ? type.getInterfaces() : [];
    this.inner = this.bends() ? this.random.pick(this.composites) : this.random.pick([type, ...possible]);
    return ` on ${this.inner.name}`;
  }

  spread(type, depth) {
    const known = [...this.fragments].filter(([, on]) => on === type.name);
    if (known.length > 0 && this.random.chance(0.5)) return `...${this.random.pick(known)[0]}${this.directives()}`;
    const name = `F${this.fragments.size + 1}`;
    this.fragments.set(name, type.name);
    const selection = this.selection(type, depth + 1, 3);
    this.open.push(() => `fragment ${name} on ${type.name}${this.bends() ? ' @include(if: true)' : ''} ${selection}`);
    return `...${name}${this.directives()}`;
  }

  field(type, depth) {
    const fields = type.getFields ? Object.values(type.getFields()) : [];
    // Deep ones end with what has no fields of its own.
    const allowed = depth < DEEPEST ? fields : fields.filter((field) => !isCompositeType(getNamedType(field.type)));
    if (allowed.length === 0) return '__typename';
    const field = this.random.pick(allowed);
    const alias = this.random.chance(0.15) ? `${this.random.pick(this.bends() ? NAMES : [`x${this.random.below(1000)}`])}: ` : '';
    const named = getNamedType(field.type);
    let selection = isCompositeType(named) ? ` ${this.selection(named, depth + 1)}` : '';
    if (this.bends()) selection = selection === '' ? ' { id }' : '';
    return `${alias}${field.name}${this.arguments(field.args)}${this.directives()}${selection}`;
  }

  arguments(args) {
    const given = args.filter((arg) => (isNonNullType(arg.type) && arg.defaultValue === undefined) !== this.bends() || this.random.chance(0.3));
    const texts = given.map((arg) => `${arg.name}${this.bends() && this.random.chance(0.2) ? '' : ':'} ${this.value(arg.type, 0, arg.defaultValue)}`);
    if (this.bends()) texts.push(this.random.pick(['nope: 1', texts[0] ?? 'x: $y', 'a: $undefined']));
    return texts.length === 0 ? '' : `(${texts.join(this.random.pick([', ', ' ']))})`;
  }

  directives() {
    if (this.bends()) return ` ${this.random.pick(['@nope', '@skip', '@skip(if: 1)', '@deprecated', '@skip(if: true) @skip(if: false)', '@include(unless: true)', '@skip(if: $undefined)', '@cost(weight: "1")', '@skip(if: null)'])}`;
    if (this.random.chance(0.05)) return ` @${this.random.pick(['skip', 'include'])}(if: ${this.variable('Boolean!')})`;
    return this.random.chance(0.05) ? ` ${this.random.pick(DIRECTIVES)}` : '';
  }

  variable(type) {
    const same = [...this.variables].filter(([, known]) => known === type);
    if (same.length > 0 && this.random.chance(0.3)) return `$${same[0][0]}`;
    const name = `v${this.variables.size}`;
    this.variables.set(name, type);
    return `$${name}`;
  }

  /** A literal or a variable. */
  value(type, depth, defaultValue) {
    if (this.random.chance(0.3)) {
      let wanted = String(type);
      // A type may be stricter than its place, and looser where the place has a default.
      if (this.random.chance(0.2) && !isNonNullType(type)) wanted += '!';
      if (defaultValue !== undefined && this.random.chance(0.5)) wanted = wanted.replace(/!$/, '');
      return this.variable(wanted);
    }
    return this.literal(type, depth, false);
  }

  literal(type, depth, isConst) {
    const { random } = this;
    if (this.bends()) return random.pick(['null', '1', '1.5', '-2147483649', '"x"', 'true', 'ADMIN', '[1]', '[null]', '{}', '{a: 1}', '{a: 1, a: 1}', '[[1]]', '$undefined', '{a 1}', 'nullx', ...BAD_STRINGS]);
    if (isNonNullType(type)) type = type.ofType;
    else if (random.chance(0.1)) return 'null';
    const inner = (of) => (isConst ? this.literal(of, depth + 1, true) : this.value(of, depth + 1));
    if (isListType(type)) return random.chance(0.2) ? this.literal(type.ofType, depth, isConst) : `[${random.times(0, 3, () => inner(type.ofType)).join(' ')}]`;
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    if (isInputObjectType(type)) return this.object(type, depth, isConst);
    return {
      Int: () => random.pick(['0', '1', '-1', '20', '2147483647', '-2147483648']), Float: () => random.pick(['1', '1.5', '-1e3']),
      String: () => random.pick(STRINGS), Boolean: () => random.pick(['true', 'false']), ID: () => random.pick([...STRINGS, '1', '-7']),
    }[type.name]?.() ?? random.pick([...STRINGS, '1', '{a: 1}', '[1 "x"]', 'X', 'true']);
  }

  object(type, depth, isConst) {
    const fields = Object.values(type.getFields());
    let given = fields.filter((field) => (isNonNullType(field.type) && field.defaultValue === undefined) !== this.bends() || (depth < 3 && this.random.chance(0.3)));
    if (type.isOneOf && !this.bends()) given = [this.random.pick(fields)];
    const texts = given.map((field) => `${field.name}: ${isConst ? this.literal(field.type, depth + 1, true) : this.value(type.isOneOf ? getNullableType(field.type) : field.type, depth + 1, field.defaultValue)}`);
    if (this.bends()) texts.push(this.random.pick(['nope: 1', texts[0] ?? 'x: 1']));
    return `{${texts.join(', ')}}`;
  }

  /** Takes tokens of a document away, doubles, swaps and replaces them. */
  mutate(text) {
    const tokens = text.match(/"""[^]*?"""|"(?:\\.|[^"\\\n])*"|\.\.\.|[\w.-]+|\s+|#[^\n]*|[^]/g) ?? [];
    for (let n = 1 + this.random.below(2); n > 0 && tokens.length > 0; n -= 1) {
      const at = this.random.below(tokens.length);
      const choice = this.random.below(5);
      if (choice === 0) tokens.splice(at, 1);
      else if (choice === 1) tokens.splice(at, 0, tokens[at], ' ');
      else if (choice === 2) tokens.splice(at, 1, this.random.pick(TOKENS));
      else if (choice === 3) tokens.splice(at, 0, ' ', this.random.pick(TOKENS), ' ');
      else [tokens[at], tokens[this.random.below(tokens.length)]] = [tokens[this.random.below(tokens.length)], tokens[at]];
    }
    return tokens.join('');
  }
}

/** The document number `index` of a seed: a third as it should be, a third bent, a third broken. */
export function documentOf(schema, seed, index) {
  const random = new Random(seed * 1_000_003 + index);
  const share = random.next();
  const documents = new Documents(schema, random, share < 0.3 ? 0 : random.pick([0.005, 0.02, 0.05]));
  const text = documents.document();
  return share > 0.7 ? documents.mutate(text) : text;
}
