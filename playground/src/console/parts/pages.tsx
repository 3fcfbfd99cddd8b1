// Paging with keyset cursors, which are in the address: Back leads to the page before, as it was.
import { useEffect } from 'react';
import { Link } from './link.tsx';
import { changed, navigate, usePlace, type Place } from './place.ts';

export interface PageVariables {
  readonly first?: number;
  readonly after?: string;
  readonly last?: number;
  readonly before?: string;
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** The parameters of the address that say which page it is. A view with two lists gives each a prefix. */
const names = (prefix: string) => [`${prefix}after`, `${prefix}before`] as const;

/** For every change of a filter: cursors belong to one filter and order. */
export const firstPage = (prefix = ''): Record<string, null> => Object.fromEntries(names(prefix).map((name) => [name, null]));

export const pageOf = ({ params }: Place, size: number, prefix = ''): PageVariables => {
  const [after, before] = names(prefix).map((name) => params.get(name));
  if (before) return { last: size, before };
  return { first: size, ...(after && { after }) };
};

interface PagesProps {
  label: string;
  page: PageInfo;
  /** Number of items on this page, and the most there can be. */
  shown: number;
  size: number;
  prefix?: string;
}

export const Pages = ({ label, page, shown, size, prefix = '' }: PagesProps) => {
  const place = usePlace();
  const [after, before] = names(prefix);
  const isBackwards = place.params.has(before);
  // On the way back, the first page may be a part of one: then it is read from the start.
  const isPartial = isBackwards && !page.hasPreviousPage && shown < size;
  useEffect(() => {
    if (isPartial) navigate(changed(place, firstPage(prefix)), { replace: true });
  }, [isPartial]);
  const hasPrevious = page.hasPreviousPage && page.startCursor !== null;
  const hasNext = (page.hasNextPage || isBackwards) && page.endCursor !== null;
  if (!hasPrevious && !hasNext) return null;
  return (
    <nav className="ag-pages" aria-label={`Pages of ${label}`}>
      {hasPrevious && (
        <Link className="ag-button" rel="prev" href={changed(place, { [after]: null, [before]: page.startCursor })}>
          Previous
        </Link>
      )}
      {hasNext && (
        <Link className="ag-button" rel="next" href={changed(place, { [after]: page.endCursor, [before]: null })}>
          Next
        </Link>
      )}
    </nav>
  );
};
