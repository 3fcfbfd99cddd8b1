import { useEffect, useState } from 'react';
import { Filters, Moment, Select } from '../parts/fields.tsx';
import { firstPage } from '../parts/pages.tsx';
import { changed, navigate, usePlace, type Params, type Place } from '../parts/place.ts';
import { words } from '../parts/words.tsx';
import { NO_FILTER, ORDERS, ROLES, STATUSES } from './filter.ts';

const TYPING_MS = 300;

const ANSWERS = [
  ['', 'Any'],
  ['yes', 'Yes'],
  ['no', 'No'],
] as const;
const STATUS_CHOICES = [['', 'All but deleted'], ...STATUSES.map((status) => [status, words(status)] as const)] as const;
const ROLE_CHOICES = [['', 'Any'], ...ROLES.map((role) => [role, role === 'ADMIN' ? 'Administrator' : 'User'] as const)] as const;
const ORDER_CHOICES = Object.entries(ORDERS).map(([name, [, title]]) => [name, title] as const);

export const UserFilters = () => {
  const place = usePlace();
  const { params } = place;
  const set = (changes: Params) => navigate(changed(place, { ...changes, ...firstPage() }));
  const value = (name: string) => params.get(name) ?? '';
  const isFiltered = Object.keys(NO_FILTER).some((name) => params.has(name));
  return (
    <Filters label="Filter of the users">
      <Search place={place} />
      <Select label="Status" value={value('status')} options={STATUS_CHOICES} onChange={(status) => set({ status })} />
      <Select label="Role" value={value('role')} options={ROLE_CHOICES} onChange={(role) => set({ role })} />
      <Select label="Email verified" value={value('verified')} options={ANSWERS} onChange={(verified) => set({ verified })} />
      <Select label="Second factor" value={value('mfa')} options={ANSWERS} onChange={(mfa) => set({ mfa })} />
      <Moment label="Created from" value={value('from')} onChange={(from) => set({ from })} />
      <Moment label="Created until" value={value('until')} onChange={(until) => set({ until })} />
      <Select label="Order" value={value('order')} options={ORDER_CHOICES} onChange={(order) => set({ order })} />
      {isFiltered && (
        <button type="button" className="ag-button" onClick={() => set(NO_FILTER)}>
          Clear all filters
        </button>
      )}
    </Filters>
  );
};

/** Searches while one types. Back leads to the list before the search, not to each letter. */
const Search = ({ place }: { place: Place }) => {
  const said = place.params.get('search') ?? '';
  const [text, setText] = useState(said);
  useEffect(() => setText(said), [said]);
  useEffect(() => {
    if (text === said) return;
    const search = () => navigate(changed(place, { search: text, ...firstPage() }), { replace: said !== '' });
    const timer = setTimeout(search, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="ag-field ag-wide">
      <label htmlFor="search">Search by email or name</label>
      <input
        id="search"
        type="search"
        maxLength={100}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
};
