// Which events the tail shows.
import { useState } from 'react';
import { auth } from '../../shared/session.ts';
import { Field, Form, useAction } from '../../shared/account/action.tsx';
import { AuditActions, AuditUser, type AuditAction, type AuditEventFilter } from '../generated.ts';

const ACTIONS = AuditActions.filter((action) => action !== 'UNKNOWN');

type Part = 'actorId' | 'subjectId';

/** The id of a user, which may be given as an email address. */
const findUser = async (text: string): Promise<string> => {
  if (text.startsWith('user_')) return text;
  const { users } = await auth.request(AuditUser, { search: text });
  const found = users.nodes.find(({ email }) => email?.toLowerCase() === text.toLowerCase());
  if (!found) throw new Error('No user has this email address.');
  return found.id;
};

export const Filter = ({ onFilter }: { onFilter: (filter: AuditEventFilter) => void }) => {
  const action = useAction();
  const [actions, setActions] = useState<readonly AuditAction[]>([]);
  const [outcome, setOutcome] = useState('');
  const [user, setUser] = useState('');
  const [part, setPart] = useState<Part>('subjectId');
  const [isFiltered, setFiltered] = useState(false);
  const toggle = (one: AuditAction) => setActions(actions.includes(one) ? actions.filter((other) => other !== one) : [...actions, one]);
  const apply = async () => {
    const filter: AuditEventFilter = {
      ...(actions.length > 0 && { actions }),
      ...((outcome === 'SUCCESS' || outcome === 'FAILURE') && { outcomes: [outcome] }),
      ...(user.trim() && { [part]: await findUser(user.trim()) }),
    };
    setFiltered(Object.keys(filter).length > 0);
    onFilter(filter);
  };
  return (
    <details className="ag-filter">
      <summary>{isFiltered ? 'Filter (on)' : 'Filter'}</summary>
      <Form action={action} submit="Apply the filter" onSubmit={apply}>
        <fieldset>
          <legend>Actions{actions.length > 0 ? ` (${actions.length})` : ': all'}</legend>
          <div className="ag-choices">
            {ACTIONS.map((one) => (
              <label key={one}>
                <input type="checkbox" checked={actions.includes(one)} onChange={() => toggle(one)} />
                {one}
              </label>
            ))}
          </div>
        </fieldset>
        <label className="ag-field">
          Outcome
          <select value={outcome} onChange={(event) => setOutcome(event.target.value)}>
            <option value="">All</option>
            <option value="SUCCESS">Success</option>
            <option value="FAILURE">Failure</option>
          </select>
        </label>
        <Field
          label="User (email address or id)"
          required={false}
          autoComplete="off"
          value={user}
          onChange={(event) => setUser(event.target.value)}
        />
        <label className="ag-field">
          What the user has to do with it
          <select value={part} onChange={(event) => setPart(event.target.value as Part)}>
            <option value="subjectId">It happened to this user</option>
            <option value="actorId">This user did it</option>
          </select>
        </label>
      </Form>
    </details>
  );
};
