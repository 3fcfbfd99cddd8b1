// Seven bars, and the numbers behind them as a table.
import type { LastSevenDaysQuery } from '../generated.ts';
import { count } from '../parts/words.tsx';

type Day = LastSevenDaysQuery['dashboard']['days'][number];

const WIDTH = 280;
const HEIGHT = 96;
const LABELS = 16;
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short', timeZone: 'UTC' });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

interface ChartProps {
  title: string;
  days: readonly Day[];
  valueOf: (day: Day) => number;
  tone?: 'bad';
  /** Who was active on two days is one user: the days do not add up. */
  isSum?: boolean;
}

export const Chart = ({ title, days, valueOf, tone, isSum = true }: ChartProps) => {
  const values = days.map(valueOf);
  const most = Math.max(...values, 1);
  const step = WIDTH / days.length;
  const total = isSum ? values.reduce((sum, value) => sum + value, 0) : (values.at(-1) ?? 0);
  return (
    <figure className="ag-chart" data-tone={tone}>
      <figcaption>
        <h3>{title}</h3>
        <strong>{count(total)}</strong> <span className="ag-weak">{isSum ? 'in seven days' : 'today'}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + LABELS}`} role="img" aria-label={`${title}: ${values.map(count).join(', ')}`}>
        <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        {days.map((day, index) => {
          const height = (valueOf(day) / most) * (HEIGHT - LABELS);
          const middle = (index + 0.5) * step;
          return (
            <g key={day.date}>
              <title>{`${date.format(new Date(day.date))}: ${count(valueOf(day))}`}</title>
              <rect x={middle - step * 0.3} width={step * 0.6} y={HEIGHT - height} height={height} rx="2" />
              <text x={middle} y={HEIGHT - height - 4}>
                {count(valueOf(day))}
              </text>
              <text x={middle} y={HEIGHT + LABELS - 3} className="ag-axis">
                {weekday.format(new Date(day.date))}
              </text>
            </g>
          );
        })}
      </svg>
      <details>
        <summary>
          Table<span className="ag-hidden"> of {title.toLowerCase()}</span>
        </summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Day (UTC)</th>
              <th scope="col">{title}</th>
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day.date}>
                <th scope="row">{date.format(new Date(day.date))}</th>
                <td>{count(valueOf(day))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
};
