/**
 * The labelled sets of OpenSearch's anomaly detection: `npm run bench:opensearch -- DIR`, the folder with synthetic.data,
 * synthetic.label, rule.data and rule.label. With the settings and the threshold of `weir detect --series`, as they are.
 * Precision: share of the alerts that lie in a window. Recall: share of the windows with an alert.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeriesDetector } from '../../models/series/detector.ts';

type Cells = Record<string, number | string>;

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: npm run bench:opensearch -- DIR\n');
  process.exit(2);
}
const json = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;

const synthetic = json<Cells[]>('synthetic.data');
report('synthetic', [judge(synthetic, ['Feature1', 'Feature2'], json<[string, string][]>('synthetic.label'))], 'bar: 0.4 and 0.7');

const rule = new Map<string, Cells[]>();
for (const row of json<Cells[]>('rule.data')) {
  const city = String(row.cityName);
  const rows = rule.get(city);
  if (rows === undefined) rule.set(city, [row]);
  else rows.push(row);
}
const labels = json<Record<string, [string, string][]>>('rule.label');
const cities = [...rule].map(([city, rows]) => judge(rows, ['visitCount'], labels[city] ?? [], city));
for (const city of cities) report(`rule, ${city.name}`, [city]);
report('rule, all cities', cities);

interface Tally {
  name: string;
  rows: number;
  alerts: number;
  within: number;
  windows: number;
  hit: number;
}

function judge(rows: readonly Cells[], columns: readonly string[], windows: readonly [string, string][], name = ''): Tally {
  const spans = windows.map(([from, to]) => ({ from: Date.parse(from), to: Date.parse(to), hit: false }));
  const detector = new SeriesDetector(columns.length);
  const tally: Tally = { name, rows: rows.length, alerts: 0, within: 0, windows: spans.length, hit: 0 };
  for (const row of rows) {
    const time = typeof row.timestamp === 'number' ? row.timestamp : Date.parse(row.timestamp);
    const { alert } = detector.next(
      time,
      columns.map((column) => Number(row[column])),
    );
    if (!alert) continue;
    tally.alerts++;
    const span = spans.find(({ from, to }) => time >= from && time <= to);
    if (span === undefined) continue;
    tally.within++;
    span.hit = true;
  }
  tally.hit = spans.filter(({ hit }) => hit).length;
  return tally;
}

function report(name: string, tallies: readonly Tally[], remark?: string): void {
  const sum = (key: 'rows' | 'alerts' | 'within' | 'windows' | 'hit'): number => tallies.reduce((total, tally) => total + tally[key], 0);
  const share = (a: number, b: number): string => (b === 0 ? '-' : (a / b).toFixed(2));
  console.log(
    `${name}: ${sum('rows')} rows, ${sum('alerts')} alerts, precision ${share(sum('within'), sum('alerts'))} (${sum('within')} of ${sum('alerts')}), ` +
      `window recall ${share(sum('hit'), sum('windows'))} (${sum('hit')} of ${sum('windows')})${remark === undefined ? '' : `; ${remark}`}`,
  );
}
