// What came of an operation, in a word or two.
import type { Exchange } from './exchanges.ts';

interface Answer {
  readonly data?: Readonly<Record<string, { readonly __typename?: string } | null>> | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

const readAnswer = ({ answer }: Exchange): Answer => (answer ?? {}) as Answer;

export const isRefused = (exchange: Exchange): boolean => Boolean(exchange.isLost) || readAnswer(exchange).errors !== undefined;

export const outcomeOf = (exchange: Exchange): string => {
  const { answer, events, isLost } = exchange;
  if (isLost) return 'answer lost';
  if (exchange.title.startsWith('subscription')) return events ? `${events.length} ${events.length === 1 ? 'event' : 'events'}` : 'waiting';
  if (answer === undefined) return 'sent …';
  const { data, errors } = readAnswer(exchange);
  if (errors) return errors[0]?.extensions?.code ?? 'error';
  return Object.values(data ?? {})[0]?.__typename ?? 'done';
};
