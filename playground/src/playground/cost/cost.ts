// What an operation costs at most: the rules of `@cost` and `@listSize` as the server applies them (docs of the directive `@cost`).
import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import weights from 'virtual:weights';

const PAGE_DEFAULT = 20;
const PAGE_LIMIT = 100;
const USUAL_LIST_LENGTH = 30;
/** One point more for so many resolved fields. */
const FIELDS_PER_POINT = 1_000;

interface Part {
  points: number;
  fields: number;
}

/** The cost of a selection set: once, and for each row of the connection around it. */
interface Cost {
  once: Part;
  row: Part;
}

const NOTHING: Part = { points: 0, fields: 0 };
const plus = (one: Part, other: Part): Part => ({ points: one.points + other.points, fields: one.fields + other.fields });
const times = ({ points, fields }: Part, count: number): Part => ({ points: points * count, fields: fields * count });
const whole = ({ once, row }: Cost): Part => plus(once, row);
const once = (part: Part): Cost => ({ once: part, row: NOTHING });

export interface Estimate {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Readonly<Record<string, unknown>>;
}

/** Points at most. Undefined if it asks for the schema, whose cost depends on how long the schema is. */
export const costOf = (estimate: Estimate): number | undefined => {
  const { schema, document, operation } = estimate;
  const root = schema.getRootType(operation.operation);
  if (!root) return undefined;
  const fragments = new Map(document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])));
  try {
    const { points, fields } = whole(new Calculation(estimate, fragments).ofSet(operation.selectionSet, root));
    return points + Math.floor(fields / FIELDS_PER_POINT);
  } catch (error) {
    if (error === UNKNOWN) return undefined;
    throw error;
  }
};

const UNKNOWN = new Error('asks for the schema, or for a type that does not exist');

class Calculation {
  readonly #estimate: Estimate;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Fragments around what is being added up: a circle is refused by the server. */
  readonly #open = new Set<string>();

  constructor(estimate: Estimate, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#estimate = estimate;
    this.#fragments = fragments;
  }

  ofSet(set: SelectionSetNode | undefined, parent: GraphQLNamedType): Cost {
    let sum = once(NOTHING);
    for (const selection of set?.selections ?? []) {
      const cost = this.#ofSelection(selection, parent);
      sum = { once: plus(sum.once, cost.once), row: plus(sum.row, cost.row) };
    }
    return sum;
  }

  #ofSelection(selection: SelectionSetNode['selections'][number], parent: GraphQLNamedType): Cost {
    switch (selection.kind) {
      case Kind.FIELD:
        return this.#ofField(selection, parent);
      case Kind.INLINE_FRAGMENT:
        return this.ofSet(selection.selectionSet, this.#type(selection.typeCondition?.name.value) ?? parent);
      case Kind.FRAGMENT_SPREAD: {
        const name = selection.name.value;
        const fragment = this.#fragments.get(name);
        const type = this.#type(fragment?.typeCondition.name.value);
        if (!fragment || !type || this.#open.has(name)) throw UNKNOWN;
        this.#open.add(name);
        const cost = this.ofSet(fragment.selectionSet, type);
        this.#open.delete(name);
        return cost;
      }
    }
  }

  #type(name: string | undefined): GraphQLNamedType | undefined {
    return name === undefined ? undefined : this.#estimate.schema.getType(name);
  }

  #ofField(node: FieldNode, parent: GraphQLNamedType): Cost {
    const name = node.name.value;
    if (name === '__typename') return once({ points: 0, fields: 1 });
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    if (!field) throw UNKNOWN;
    const type = getNamedType(field.type);
    const points = weights[`${parent.name}.${name}`] ?? this.#weightOf(type);
    const own: Part = { points, fields: 1 };
    const below = this.ofSet(node.selectionSet, type);
    const all = whole(below);
    if (isListType(getNullableType(field.type))) {
      if (parent.name.endsWith('Connection')) return { once: { points: 0, fields: 1 }, row: plus({ points, fields: 0 }, all) };
      if (!takes(field, 'ids')) return once(plus(own, times(all, USUAL_LIST_LENGTH)));
      return once(plus({ points: 0, fields: 1 }, times(plus({ points, fields: 0 }, all), this.#ids(node))));
    }
    if (!type.name.endsWith('Connection') || !takes(field, 'first') || !takes(field, 'last')) return once(plus(own, all));
    // Each row is read, so it costs a point even where nothing of it is selected.
    const row = { ...below.row, points: Math.max(below.row.points, 1) };
    return once(plus(own, plus(below.once, times(row, this.#pageSize(node)))));
  }

  #weightOf(type: GraphQLNamedType): number {
    if (isObjectType(type)) return weights[type.name] ?? 1;
    if (!isAbstractType(type)) return 0;
    return Math.max(1, ...this.#estimate.schema.getPossibleTypes(type).map((object) => this.#weightOf(object)));
  }

  #ids(node: FieldNode): number {
    const ids = this.#argument(node, 'ids');
    if (ids === undefined || ids === null) return PAGE_LIMIT;
    return Array.isArray(ids) ? Math.min(ids.length, PAGE_LIMIT) : 1;
  }

  #pageSize(node: FieldNode): number {
    const sizes = ['first', 'last'].map((name) => this.#argument(node, name)).filter((size) => size !== undefined && size !== null);
    if (sizes.length === 0) return PAGE_DEFAULT;
    // A size that is no number, or too large, is refused later and counts as the largest.
    const numbers = sizes.map((size) => (typeof size === 'number' && size >= 0 ? size : PAGE_LIMIT));
    return Math.min(Math.max(...numbers), PAGE_LIMIT);
  }

  #argument(node: FieldNode, name: string): unknown {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    return value && this.#value(value);
  }

  #value(node: ValueNode): unknown {
    switch (node.kind) {
      case Kind.VARIABLE: {
        const name = node.name.value;
        const given = this.#estimate.variables[name];
        const { defaultValue } = this.#estimate.operation.variableDefinitions?.find(({ variable }) => variable.name.value === name) ?? {};
        return given === undefined && defaultValue ? this.#value(defaultValue) : given;
      }
      case Kind.NULL:
        return null;
      case Kind.INT:
        return Number(node.value);
      case Kind.LIST:
        return node.values;
      default:
        return node;
    }
  }
}

const takes = (field: GraphQLField<unknown, unknown>, name: string) => field.args.some((argument) => argument.name === name);
