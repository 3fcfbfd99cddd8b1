// What the server runs with. Settings change in its environment, not here.
import { ServerSettings, type ServerSettingsQuery } from '../generated.ts';
import { Filters } from '../parts/fields.tsx';
import { changed, navigate, usePlace } from '../parts/place.ts';
import { useRead } from '../parts/read.ts';
import { Loaded } from '../parts/states.tsx';
import { count } from '../parts/words.tsx';

type Setting = ServerSettingsQuery['settings'][number];

export const Settings = () => {
  const place = usePlace();
  const reading = useRead(ServerSettings, {});
  const search = place.params.get('search') ?? '';
  const onlyChanged = place.params.has('changed');
  const set = (changes: Record<string, string | null>) => navigate(changed(place, changes), { replace: true });
  const isShown = (setting: Setting) =>
    (!onlyChanged || !setting.isDefault) && `${setting.name} ${setting.description}`.toLowerCase().includes(search.trim().toLowerCase());
  return (
    <>
      <h1 tabIndex={-1}>Settings</h1>
      <p className="ag-weak">What this server runs with. Settings are environment variables: change them there, and start it again.</p>
      <Filters label="Filter of the settings">
        <div className="ag-field">
          <label htmlFor="search">Search</label>
          <input id="search" type="search" value={search} onChange={(event) => set({ search: event.target.value })} />
        </div>
        <label className="ag-check">
          <input type="checkbox" checked={onlyChanged} onChange={() => set({ changed: onlyChanged ? null : 'yes' })} /> Only what differs from the
          default
        </label>
      </Filters>
      <Loaded reading={reading}>{({ settings }) => <Sections settings={settings.filter(isShown)} />}</Loaded>
    </>
  );
};

const Sections = ({ settings }: { settings: readonly Setting[] }) => (
  <>
    <p role="status">{settings.length === 0 ? 'No setting matches.' : settings.length === 1 ? '1 setting' : `${count(settings.length)} settings`}</p>
    {[...new Set(settings.map(({ section }) => section))].map((section) => (
      <section key={section} className="ag-card" aria-label={section}>
        <h2>{section}</h2>
        <dl className="ag-settings">
          {settings.filter((setting) => setting.section === section).map((setting) => <Entry key={setting.name} setting={setting} />)}
        </dl>
      </section>
    ))}
  </>
);

const Entry = ({ setting }: { setting: Setting }) => (
  <div>
    <dt>
      <code>{setting.name}</code>
      {!setting.isDefault && <span className="ag-badge ag-changed">Changed</span>}
    </dt>
    <dd>
      <Value setting={setting} />
      <p className="ag-weak">
        <Markdown text={setting.description} />
      </p>
    </dd>
  </div>
);

/** Of Markdown, descriptions use code, and links to other pages of the documentation. */
const Markdown = ({ text }: { text: string }) =>
  text
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>));

const Value = ({ setting: { isSecret, isDefault, value, defaultValue } }: { setting: Setting }) => {
  if (isSecret) return <p>{isDefault ? 'Not set' : 'Set'}, and never shown: it is a secret.</p>;
  return (
    <p>
      {value ? <code>{value}</code> : 'Not set'}
      {!isDefault && <span className="ag-weak"> Default: {defaultValue ? <code>{defaultValue}</code> : 'not set'}</span>}
    </p>
  );
};
