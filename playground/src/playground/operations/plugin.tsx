import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { useState } from 'react';
import { useSession, type SessionState } from '../../shared/session.ts';
import { collection, type CollectedOperation } from './collection.ts';

const Icon = () => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
    <path d="M4 5h16M4 12h16M4 19h10" strokeLinecap="round" />
  </svg>
);

/** What is known of the person takes the place of `{{ownUserId}}` and the like. All else is for the person to fill in. */
const fillIn = (variables: string, state: SessionState): string => {
  if (state.phase !== 'signedIn') return variables;
  const { id, user } = state.session;
  const known: Record<string, string> = { ownUserId: user.id, ownEmail: user.email, ownSessionId: id };
  return variables.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => known[name] ?? whole);
};

/** As in style.css. */
const NARROW = '(max-width: 720px)';

const documents = new Set(collection.map(({ document }) => document));

const Operations = () => {
  const [search, setSearch] = useState('');
  const state = useSession();
  const { addTab, setVisiblePlugin } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }));
  const open = (operation: CollectedOperation) => {
    const current = queryEditor?.getValue() ?? '';
    // What the person has written stays in its tab.
    if (current.trim() && !documents.has(current)) addTab();
    queryEditor?.setValue(operation.document);
    variableEditor?.setValue(fillIn(operation.variables, state));
    // There the editor is far below.
    if (matchMedia(NARROW).matches) setVisiblePlugin(null);
    queryEditor?.focus();
  };
  const words = search.toLowerCase().split(/\s+/);
  const found = collection.filter(({ group, name, description }) =>
    words.every((word) => `${group} ${name} ${description}`.toLowerCase().includes(word)),
  );
  const groups = Map.groupBy(found, ({ group }) => group);
  return (
    <section className="ag-panel" aria-label="Operations">
      <div className="graphiql-doc-explorer-title">Operations</div>
      <input
        type="search"
        className="ag-search"
        aria-label="Search operations"
        placeholder="Search"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {found.length === 0 && <p>No operation has these words.</p>}
      {[...groups].map(([group, operations]) => (
        <div key={group}>
          <h3>{group.replaceAll('-', ' ')}</h3>
          <ul className="ag-operations">
            {operations.map((operation) => (
              <li key={operation.name}>
                <button type="button" onClick={() => open(operation)}>
                  <span className={`ag-kind ag-${operation.kind}`} title={operation.kind}>
                    {operation.kind[0]?.toUpperCase()}
                  </span>
                  <span>
                    <strong>{operation.name}</strong>
                    <small>{operation.description}</small>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
};

export const operationsPlugin: GraphiQLPlugin = { title: 'Operations', icon: Icon, content: Operations };
