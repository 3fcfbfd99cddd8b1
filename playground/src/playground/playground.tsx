import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { useGraphiQLActions } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { accountPlugin } from './account/plugin.tsx';
import { auditPlugin } from './audit/plugin.tsx';
import { CostFooter } from './cost/footer.tsx';
import { fetcher } from './graphiql/fetcher.ts';
import { redactingStorage } from './graphiql/redact.ts';
import { useSchema, useSchemaReader } from './graphiql/schema.ts';
import { hideSecrets, useOtpauthUri } from './graphiql/secrets.ts';
import { operationsPlugin } from './operations/plugin.tsx';
import { MODE } from '../shared/page.ts';
import { QrCode } from '../shared/qr.tsx';
import { useSession } from '../shared/session.ts';

// GraphiQL closes the open plugin whenever it gets another array.
const PLUGINS = [accountPlugin, operationsPlugin, auditPlugin, HISTORY_PLUGIN];

const WELCOME = `# Sign in on the left.
# Ctrl-Space completes.
# Ctrl-Enter runs.
query AuthConfig {
  authConfig {
    registrationOpen
    emailVerificationRequired
    passwordPolicy {
      minLength
      maxLength
    }
  }
}
`;

/** In the place of GraphiQL's logo. */
const Who = () => {
  const state = useSession();
  const { setVisiblePlugin } = useGraphiQLActions();
  const who = state.phase === 'signedIn' ? `${state.session.user.email} · ${state.session.user.role}` : 'Sign in';
  return (
    <div className="ag-who">
      <span className={`ag-badge ag-${MODE}`}>{MODE}</span>
      <button type="button" className="ag-link" disabled={state.phase === 'starting'} onClick={() => setVisiblePlugin(accountPlugin)}>
        {state.phase === 'starting' ? '…' : who}
      </button>
    </div>
  );
};

const QrOverlay = () => {
  const uri = useOtpauthUri();
  if (!uri) return null;
  return (
    <aside className="ag-overlay" aria-label="QR code of the answer">
      <QrCode text={uri} label="QR code for an authenticator app" />
      <p>Scan the code with an authenticator app.</p>
      <button type="button" className="ag-button" onClick={hideSecrets}>
        Close
      </button>
    </aside>
  );
};

export const Playground = () => {
  useSchemaReader();
  const { schema } = useSchema();
  return (
    <>
      <GraphiQL
        fetcher={fetcher}
        schema={schema}
        storage={redactingStorage}
        plugins={PLUGINS}
        visiblePlugin={accountPlugin}
        defaultQuery={WELCOME}
        defaultEditorToolsVisibility="variables"
        showPersistHeadersSettings={false}
      >
        <GraphiQL.Logo>
          <Who />
        </GraphiQL.Logo>
        <GraphiQL.Footer>
          <CostFooter />
        </GraphiQL.Footer>
      </GraphiQL>
      <QrOverlay />
    </>
  );
};
