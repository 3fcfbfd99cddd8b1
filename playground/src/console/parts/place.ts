// The address: every view and every filter is in it, so that it can be sent to a colleague and the browser's Back works.
import { useMemo, useSyncExternalStore } from 'react';
import { HOME } from '../../shared/page.ts';

export interface Place {
  /** Below HOME: `/users`. */
  readonly path: string;
  readonly params: URLSearchParams;
}

const listeners = new Set<() => void>();
const tell = () => {
  for (const listener of listeners) listener();
};
addEventListener('popstate', tell);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};
const address = () => location.pathname + location.search;

const read = (text: string): Place => {
  const [path = '', query = ''] = text.split('?');
  return { path: path.slice(HOME.length).replace(/\/$/, '') || '/', params: new URLSearchParams(query) };
};

export const usePlace = (): Place => {
  const text = useSyncExternalStore(subscribe, address);
  return useMemo(() => read(text), [text]);
};

export type Params = Readonly<Record<string, string | readonly string[] | null | undefined>>;

/** The address of a view. */
export const hrefOf = (path: string, params: Params = {}): string => {
  const query = withParams(new URLSearchParams(), params).toString();
  return `${HOME}${path === '/' ? '' : path}${query && `?${query}`}`;
};

const withParams = (before: URLSearchParams, changes: Params): URLSearchParams => {
  const params = new URLSearchParams(before);
  for (const [name, value] of Object.entries(changes)) {
    params.delete(name);
    for (const each of typeof value === 'string' ? [value] : (value ?? [])) if (each !== '') params.append(name, each);
  }
  return params;
};

/** The address of the same view with other parameters. */
export const changed = ({ path, params }: Place, changes: Params): string => {
  const query = withParams(params, changes).toString();
  return `${hrefOf(path)}${query && `?${query}`}`;
};

export const navigate = (to: string, { replace = false } = {}): void => {
  if (to === address()) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  tell();
};
