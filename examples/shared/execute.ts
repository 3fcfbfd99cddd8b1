// Sends one operation by POST and returns its data; throws `Refused` if there is any error in the answer.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print, type ExecutionResult } from 'graphql';
import { Refused } from './refusal.js';

/** A server, and who speaks to it. */
export interface Api {
  /** Address of the server, such as `https://auth.example.com`. */
  readonly url: string;
  /** Returns an access token that has not expired. Missing before login. */
  readonly accessToken?: () => Promise<string>;
}

export const execute = async <Data, Variables>(
  api: Api,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> => {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (api.accessToken) headers.set('authorization', `Bearer ${await api.accessToken()}`);
  const body = JSON.stringify({ query: print(document), variables });
  const response = await fetch(`${api.url}/graphql`, { method: 'POST', headers, body });
  const { data, errors }: ExecutionResult<Data> = await response.json();
  const [error] = errors ?? [];
  if (error) throw new Refused(error);
  if (!data) throw new Error(`There is no data in the answer with status ${response.status}.`);
  return data;
};
