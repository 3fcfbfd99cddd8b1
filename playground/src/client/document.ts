// Documents whose type says what their variables and their result are.

/**
 * A document with the types of its result and its variables. `TypedDocumentNode` and `TypedDocumentString`, which GraphQL
 * Code Generator makes, are such documents.
 */
export interface TypedDocument<Data, Variables> {
  /** For the compiler only: no document has this function. */
  readonly __apiType?: (variables: Variables) => Data;
}

/** The text of a document with its types. */
export class DocumentText<Data, Variables> extends String implements TypedDocument<Data, Variables> {
  declare readonly __apiType?: (variables: Variables) => Data;
}

/** The data of an operation, by the type of its document. */
export type DataOf<Document> = Document extends TypedDocument<infer Data, never> ? Data : never;

/** Prints a parsed document: the function `print` of the package `graphql`. */
export interface Print {
  // A method, so that a function of `ASTNode` fits without the types of that package.
  print(document: object): string;
}

/** The text to send. */
export const textOf = (document: object, print: Print['print'] | undefined): string => {
  if (document instanceof String) return document.toString();
  if (print) return print(document);
  throw new TypeError('This document is parsed, not a text: give createAuthClient the function `print` of the package graphql.');
};

/** The data of an answer, of which only the schema knows the type. */
export const asData = <Data>(data: unknown): Data =>
  // The only cast of this client. The types of documents are generated from the schema that the server follows.
  data as Data;
