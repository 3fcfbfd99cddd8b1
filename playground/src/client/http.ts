// Sends operations by POST.
import { asData, textOf, type Print, type TypedDocument } from './document.js';
import { AuthError, isObject, networkError, stringOf } from './errors.js';

/** What the client needs of `fetch`. */
export type Fetch = (url: string, init: FetchInit) => Promise<{ readonly status: number; json(): Promise<unknown> }>;

export interface FetchInit {
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly credentials: 'include' | 'same-origin';
  readonly signal: AbortSignal;
}

/** Who sends an operation, and for how long. */
export interface SendOptions {
  readonly accessToken?: string | undefined;
  /** Ends the request early. Without it, the request ends after 30 seconds. */
  readonly signal?: AbortSignal | undefined;
}

/** Sends an operation. Throws an `AuthError` if there is any error in the answer, or no answer. */
export type Send = <Data, Variables>(document: TypedDocument<Data, Variables>, variables: Variables, options?: SendOptions) => Promise<Data>;

interface Endpoint extends Partial<Print> {
  readonly url: string;
  readonly fetch: Fetch;
  readonly credentials: FetchInit['credentials'];
}

const TIMEOUT_MS = 30_000;

export const sender =
  ({ url, fetch, credentials, print }: Endpoint): Send =>
  async <Data, Variables>(document: TypedDocument<Data, Variables>, variables: Variables, { accessToken, signal }: SendOptions = {}) => {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (accessToken !== undefined) headers['authorization'] = `Bearer ${accessToken}`;
    const body = JSON.stringify({ query: textOf(document, print), variables });
    let status = 0;
    let answer: unknown;
    try {
      const response = await fetch(url, { method: 'POST', headers, body, credentials, signal: signal ?? AbortSignal.timeout(TIMEOUT_MS) });
      ({ status } = response);
      answer = await response.json();
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw networkError(status === 0 ? 'The server cannot be reached.' : `Status ${status}, and no GraphQL.`, cause);
    }
    return dataOf<Data>(answer, status);
  };

const dataOf = <Data>(answer: unknown, status: number): Data => {
  const { data, errors } = isObject(answer) ? answer : {};
  const error: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (isObject(error)) throw new AuthError({ message: stringOf(error['message']) ?? '', extensions: error['extensions'] }, { data });
  if (!isObject(data)) throw networkError(`Status ${status}, and no data in the answer.`);
  return asData(data);
};
