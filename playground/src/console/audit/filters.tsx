import { useEffect, useState } from 'react';
import { Field, Form, useAction } from '../../shared/account/action.tsx';
import { auth } from '../../shared/session.ts';
import { AuditActions, FindUser } from '../generated.ts';
import { Filters, Moment, Select } from '../parts/fields.tsx';
import { changed, navigate, usePlace, type Params } from '../parts/place.ts';
import { firstPage } from '../parts/pages.tsx';
import { words } from '../parts/words.tsx';
import { NO_FILTER } from './filter.ts';

const OUTCOMES = [
  ['', 'Any'],
  ['SUCCESS', 'Success'],
  ['FAILURE', 'Failure'],
] as const;

const CHOICES = AuditActions.filter((action) => action !== 'UNKNOWN')
  .map((action) => [action, words(action)] as const)
  .sort(([, one], [, other]) => one.localeCompare(other));

export const AuditFilters = () => {
  const place = usePlace();
  const { params } = place;
  const set = (changes: Params) => navigate(changed(place, { ...changes, ...firstPage() }));
  const value = (name: string) => params.get(name) ?? '';
  const isFiltered = Object.keys(NO_FILTER).some((name) => params.has(name));
  return (
    <Filters label="Filter of the events">
      <Actions chosen={params.getAll('action')} onChange={(action) => set({ action })} />
      <Select label="Outcome" value={value('outcome') as ''} options={OUTCOMES} onChange={(outcome) => set({ outcome })} />
      <Moment label="From" value={value('from')} onChange={(from) => set({ from })} />
      <Moment label="Until" value={value('until')} onChange={(until) => set({ until })} />
      <Texts params={params} set={set} />
      {isFiltered && (
        <button type="button" className="ag-button" onClick={() => set(NO_FILTER)}>
          Clear all filters
        </button>
      )}
    </Filters>
  );
};

interface ActionsProps {
  chosen: readonly string[];
  onChange: (actions: readonly string[]) => void;
}

const Actions = ({ chosen, onChange }: ActionsProps) => {
  const toggle = (action: string) => onChange(chosen.includes(action) ? chosen.filter((other) => other !== action) : [...chosen, action]);
  return (
    <details className="ag-choices">
      <summary>Events: {chosen.length === 0 ? 'any' : chosen.length === 1 ? words(chosen[0] ?? '') : `${chosen.length} kinds`}</summary>
      <fieldset>
        <legend className="ag-hidden">Kinds of events</legend>
        {CHOICES.map(([action, title]) => (
          <label key={action}>
            <input type="checkbox" checked={chosen.includes(action)} onChange={() => toggle(action)} /> {title}
          </label>
        ))}
      </fieldset>
    </details>
  );
};

const ID = /^user_/;
const ROLES = [
  ['subject', 'It happened to'],
  ['actor', 'It was done by'],
] as const;

/** What has to be typed takes effect with a button. */
const Texts = ({ params, set }: { params: URLSearchParams; set: (changes: Params) => void }) => {
  const action = useAction();
  const said = params.get('actor') ?? params.get('subject') ?? '';
  const [role, setRole] = useState<'actor' | 'subject'>(params.has('actor') ? 'actor' : 'subject');
  const [user, setUser] = useState(said);
  const [ip, setIp] = useState(params.get('ip') ?? '');
  const [session, setSession] = useState(params.get('session') ?? '');
  useEffect(() => {
    setUser(said);
    setIp(params.get('ip') ?? '');
    setSession(params.get('session') ?? '');
  }, [params]);
  const apply = async () => {
    const id = user === '' || ID.test(user) ? user : await findUser(user.trim().toLowerCase());
    set({ ip: ip.trim(), session: session.trim(), actor: null, subject: null, [role]: id });
  };
  return (
    <Form action={action} submit="Apply" onSubmit={apply}>
      <Field label="User (address or id)" required={false} value={user} onChange={(event) => setUser(event.target.value)} />
      <Select label="The user's part" value={role} options={ROLES} onChange={setRole} />
      <Field label="IP address" required={false} value={ip} onChange={(event) => setIp(event.target.value)} />
      <Field label="Session (id)" required={false} value={session} onChange={(event) => setSession(event.target.value)} />
    </Form>
  );
};

const findUser = async (email: string): Promise<string> => {
  const { users } = await auth.request(FindUser, { email });
  const found = users.nodes.find((user) => user.email === email);
  if (!found) throw new Error(`No user has the address ${email}.`);
  return found.id;
};
