// Sends what stands in the editor: subscriptions over a WebSocket, everything else by POST.
import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { Kind, OperationTypeNode, parse, type ExecutionResult, type OperationDefinitionNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { noteCost } from '../cost/footer.tsx';
import { ENDPOINT } from '../../shared/page.ts';
import { bearer, session } from '../../shared/session.ts';
import { post, type Operation } from './post.ts';
import { showSecretsOf } from './secrets.ts';

/** Clocks and networks differ by less. */
const EARLY_MS = 2_000;

/** When the token of the connection expires. The server closes it with 4403 then. */
let connectedUntil = 0;

const socket = createClient({
  url: new URL(ENDPOINT, location.href.replace(/^http/, 'ws')).href,
  // Asked for each connection anew.
  connectionParams: async () => {
    const headers = await bearer();
    const state = session.get();
    connectedUntil = state.phase === 'signedIn' ? state.expiresAt : Infinity;
    return headers;
  },
  retryAttempts: 5,
  // At once after a connection that worked, then ever later.
  retryWait: (retries) => new Promise((wake) => setTimeout(wake, retries === 0 ? 0 : 1_000 * 2 ** retries)),
  shouldRetry: () => true,
  on: {
    closed: (event) => {
      // Before that, the session has ended or the role has changed: the refresh tells.
      const isEarly = Date.now() < connectedUntil - EARLY_MS;
      if (isEarly && event instanceof CloseEvent && event.code === 4403) session.check();
    },
  },
});

/** The operation that will run. GraphiQL's own reading of the document, with the name that it gives, is late while one types. */
const chosenOperation = ({ query, operationName }: FetcherParams): OperationDefinitionNode | undefined => {
  try {
    const operations = parse(query).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    return operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  } catch {
    // The server says what is wrong with it.
    return undefined;
  }
};

async function* events(operation: Operation): AsyncGenerator<ExecutionResult> {
  try {
    for await (const result of socket.iterate<Record<string, unknown>>(operation as { query: string })) {
      yield result as ExecutionResult;
    }
  } catch (error) {
    if (error instanceof CloseEvent) throw new Error(`The server closed the connection: ${error.code} ${error.reason}`);
    throw error;
  }
}

const request = async (operation: Operation, given: Record<string, string>): Promise<ExecutionResult> => {
  const own = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const result = await post(operation, { ...(await bearer()), ...own });
  showSecretsOf(result);
  noteCost(result.extensions);
  const isStranger = result.errors?.some(({ extensions }) => extensions?.['code'] === 'UNAUTHENTICATED');
  if (isStranger && !own['authorization']) session.check();
  return result;
};

export const fetcher = ((params, options) => {
  const chosen = chosenOperation(params);
  const operation: Operation = {
    query: params.query,
    variables: params.variables as Record<string, unknown> | undefined,
    operationName: chosen?.name?.value,
  };
  const isSubscription = chosen?.operation === OperationTypeNode.SUBSCRIPTION;
  return isSubscription ? events(operation) : request(operation, options?.headers ?? {});
}) as Fetcher;
