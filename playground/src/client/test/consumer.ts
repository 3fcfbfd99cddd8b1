// What an application writes must compile, and what is wrong must not.
import { AuthError, createAuthClient, DocumentText, memoryStorage, type DataOf, type LoginResult } from '@authgraph/client';
import type { DocumentTypeDecoration, TypedDocumentNode } from '@graphql-typed-document-node/core';
import { parse, print } from 'graphql';

interface Data {
  readonly user: { readonly id: string } | null;
}
interface Variables {
  readonly id: string;
}

/** As the client preset of graphql-codegen writes it with `documentMode: 'string'`. */
declare class TypedDocumentString<TResult, TVariables> extends String implements DocumentTypeDecoration<TResult, TVariables> {
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
}
declare const text: TypedDocumentString<Data, Variables>;

const node: TypedDocumentNode<Data, Variables> = parse('query User($id: ID!) { user(id: $id) { id } }');
const own = new DocumentText<Data, Variables>('query User($id: ID!) { user(id: $id) { id } }');

export const client = createAuthClient({ url: 'https://auth.example.com', print, fetch, storage: memoryStorage() });

export const ids = async (): Promise<(string | undefined)[]> => {
  const answers = [await client.request(node, { id: '1' }), await client.request(text, { id: '1' }), await client.request(own, { id: '1' })];
  for await (const { user } of client.subscribe(node, { id: '1' })) answers.push({ user });
  return answers.map(({ user }) => user?.id);
};

export const sameData: DataOf<typeof node> = { user: null };

export const next = (result: LoginResult): string => {
  switch (result.__typename) {
    case 'SignedIn':
      return result.session.user.email;
    case 'MfaRequired':
      return result.challengeToken;
    case 'EmailVerificationRequired':
    case 'LoginStep':
      return result.message;
  }
};

export const wait = (error: unknown): number | null => (error instanceof AuthError && error.code === 'RATE_LIMITED' ? error.retryAfter : null);

export const wrong = async (error: AuthError): Promise<void> => {
  // @ts-expect-error: another type of variables
  await client.request(node, { id: 1 });
  // @ts-expect-error: no variables
  await client.request(own, {});
  // @ts-expect-error: a text without types
  await client.request('{ me { id } }', {});
  // @ts-expect-error: no such field
  (await client.request(node, { id: '1' })).users;
  // @ts-expect-error: no such code
  if (error.code === 'NO_SUCH_CODE') return;
  // @ts-expect-error: the client itself tells how the token travels
  await client.login({ email: '', password: '', client: { tokenDelivery: 'COOKIE' } });
};
