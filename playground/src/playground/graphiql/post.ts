// Sends what a person has written, and returns the answer as it came, also one with errors.
import type { ExecutionResult } from 'graphql';
import { ENDPOINT } from '../../shared/page.ts';

export interface Operation {
  query: string;
  variables?: Record<string, unknown> | undefined;
  operationName?: string | undefined;
}

export const post = async (operation: Operation, headers: Record<string, string>): Promise<ExecutionResult> => {
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    // The cookie belongs to frontends: it must neither answer for this page nor be replaced by it.
    credentials: 'omit',
    // For this type a refused operation has the status 200, and browsers write no error into the console.
    headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
    body: JSON.stringify(operation),
  });
  const text = await response.text();
  try {
    return JSON.parse(text) as ExecutionResult;
  } catch {
    throw new Error(`The answer with status ${response.status} is not GraphQL.`);
  }
};
