// A plugin of graphql-codegen: each operation as a text with the types of its result and its variables, and the values of
// the enums that `lists` names.
const { Kind, print, visit } = require('graphql');

/** The fragments that a definition spreads, and those that they spread, in the order of their names. */
const fragmentsOf = (definition, all) => {
  const found = new Set();
  const look = (node) =>
    visit(node, {
      [Kind.FRAGMENT_SPREAD]: ({ name: { value } }) => {
        if (found.has(value)) return;
        found.add(value);
        look(all.get(value));
      },
    });
  look(definition);
  return [...found].sort();
};

const title = (word) => word[0].toUpperCase() + word.slice(1);

module.exports.plugin = (schema, files, { lists = [], documentText }) => {
  const definitions = files.flatMap(({ document }) => document.definitions);
  const fragments = new Map(definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((one) => [one.name.value, one]));
  const used = new Set();
  const operations = definitions
    .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    .map((operation) => {
      const name = operation.name.value;
      const types = `${name}${title(operation.operation)}`;
      const parts = fragmentsOf(operation, fragments).map((fragment) => {
        used.add(fragment);
        return `\${${fragment}Text}`;
      });
      const text = [print(operation), ...parts].join('\n\n');
      return `export const ${name} = new DocumentText<${types}, ${types}Variables>(\`${text}\`);`;
    });
  const texts = [...used].sort().map((name) => `const ${name}Text = \`${print(fragments.get(name))}\`;`);
  const values = lists.map((name) => {
    const words = schema.getType(name).getValues().map(({ value }) => `'${value}'`).sort();
    return `/** All values of \`${name}\`. */\nexport const ${name}s: readonly ${name}[] = [\n  ${words.join(',\n  ')},\n];`;
  });
  return { prepend: [`import { DocumentText } from '${documentText}';`], content: [...values, ...texts, ...operations].join('\n\n') };
};
