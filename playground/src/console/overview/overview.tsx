import { useEffect, useRef } from 'react';
import { LastSevenDays, type LastSevenDaysQuery } from '../generated.ts';
import { Link } from '../parts/link.tsx';
import { hrefOf } from '../parts/place.ts';
import { useRead } from '../parts/read.ts';
import { Loaded } from '../parts/states.tsx';
import { count } from '../parts/words.tsx';
import { Chart } from './chart.tsx';
import { Feed } from './feed.tsx';

type Dashboard = LastSevenDaysQuery['dashboard'];

/** Events may come many in a second, and the numbers cost 20 points. */
const FRESH_MS = 10_000;

export const Overview = () => {
  const reading = useRead(LastSevenDays, {});
  const reloadSoon = useReloadSoon(reading.reload);
  return (
    <>
      <header className="ag-head">
        <h1 tabIndex={-1}>Overview</h1>
        <button type="button" className="ag-button" onClick={reading.reload}>
          Refresh
        </button>
      </header>
      <Loaded reading={reading}>
        {({ dashboard }) => (
          <>
            <Totals totals={dashboard.totals} />
            <h2>Last seven days</h2>
            <div className="ag-charts">
              <Chart title="Registrations" days={dashboard.days} valueOf={(day) => day.registrations} />
              <Chart title="Logins" days={dashboard.days} valueOf={(day) => day.logins} />
              <Chart title="Failed logins" tone="bad" days={dashboard.days} valueOf={(day) => day.failedLogins} />
              <Chart title="Active users" isSum={false} days={dashboard.days} valueOf={(day) => day.activeUsers} />
            </div>
          </>
        )}
      </Loaded>
      <Feed onEvent={reloadSoon} />
    </>
  );
};

const Totals = ({ totals }: { totals: Dashboard['totals'] }) => (
  <dl className="ag-totals">
    <Total title="Users" value={totals.users} href={hrefOf('/users')} />
    <Total title="Verified" value={totals.verified} href={hrefOf('/users', { verified: 'yes' })} />
    <Total title="With a second factor" value={totals.withMfa} href={hrefOf('/users', { mfa: 'yes' })} />
    <Total title="Locked" value={totals.locked} href={hrefOf('/users', { status: 'LOCKED' })} />
    <Total title="Active sessions" value={totals.activeSessions} />
  </dl>
);

const Total = ({ title, value, href }: { title: string; value: number; href?: string }) => (
  <div>
    <dt>{title}</dt>
    <dd>{href === undefined ? count(value) : <Link href={href}>{count(value)}</Link>}</dd>
  </div>
);

/** Reads again after something happened, and not more often than that pays. */
const useReloadSoon = (reload: () => void) => {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => () => clearTimeout(timer.current), []);
  return () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, FRESH_MS);
  };
};
