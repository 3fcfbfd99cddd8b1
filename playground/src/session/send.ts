// Sends one operation by POST.
import type { ExecutionResult } from 'graphql';

export interface Operation {
  query: string;
  variables?: Record<string, unknown> | undefined;
  operationName?: string | undefined;
}

/** The code of a request that no server answered, or whose answer is no GraphQL. */
export const UNREACHABLE = 'UNREACHABLE';

/** The first error of an answer. */
export class Refused extends Error {
  readonly code: string;
  readonly retryAfter: number | undefined;
  readonly attemptsLeft: number | undefined;

  constructor(message: string, extensions: Readonly<Record<string, unknown>> = {}) {
    super(message);
    const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
    this.code = typeof extensions['code'] === 'string' ? extensions['code'] : UNREACHABLE;
    this.retryAfter = number(extensions['retryAfter']);
    this.attemptsLeft = number(extensions['attemptsLeft']);
  }
}

/** The answer as it came, also one with errors. */
export const post = async (endpoint: string, operation: Operation, headers: Record<string, string>): Promise<ExecutionResult> => {
  let response: Response;
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      // The cookie belongs to frontends: it must neither answer for this page nor be replaced by it.
      credentials: 'omit',
      // For this type a refused operation has the status 200, and browsers write no error into the console.
      headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
      body: JSON.stringify(operation),
    });
  } catch {
    throw new Refused('The server cannot be reached.');
  }
  const text = await response.text();
  try {
    return JSON.parse(text) as ExecutionResult;
  } catch {
    throw new Refused(`The answer with status ${response.status} is not GraphQL.`);
  }
};

/** The data of an answer; throws its first error. */
export const dataOf = <Data>({ data, errors }: ExecutionResult): Data => {
  const [error] = errors ?? [];
  if (error) throw new Refused(error.message, error.extensions);
  return data as Data;
};

export const messageOf = (error: unknown): string => {
  if (!(error instanceof Refused)) return error instanceof Error ? error.message : String(error);
  const left = error.attemptsLeft === undefined ? '' : ` Attempts left: ${error.attemptsLeft}.`;
  const later = error.retryAfter === undefined ? '' : ` Try again in ${error.retryAfter} s.`;
  return `${error.message}${left}${later}`;
};
