import type { ComparatorLine, EvaluationReport } from '../../models/evaluation/evaluation-report.ts';
import type { Halfway } from '../../models/evaluation/halfway.ts';
import type { Quartiles } from '../../models/evaluation/quartiles.ts';
import { type FalseIncident, proportionText, rateText } from '../../models/evaluation/report.ts';
import { renderFields } from './fields.ts';
import type { Terminal } from './output.ts';
import { plainText } from './plain-text.ts';
import { formatNumber, renderTable, type TableColumn } from './table.ts';

const right = (title: string): TableColumn => ({ title, align: 'right' });

/** An evaluation for people, on a terminal. */
export function evaluationText(report: EvaluationReport, { style, width }: Terminal): string {
  const { run } = report;
  const options = { style, width, indent: '  ' };
  const part = (title: string, body: string): string => (body === '' ? '' : `\n${style.bold(title)}\n${body}`);
  const table = (columns: TableColumn[], rows: Parameters<typeof renderTable>[1]): string =>
    rows.length === 0 ? '' : renderTable(columns, rows, options);
  let out = renderFields(
    [
      ...report.about,
      ['found', `${proportionText(run.all.recall)}; by luck ${percent(run.all.chance.recall)} (${chanceText(run.all.chance.moves)})`],
      ['false incidents', `${rateText(run.false_incidents.rate)} a tenant and day; precision ${proportionText(run.precision)}`],
    ],
    style,
    '',
  );
  for (const remark of report.remarks) out += `${style.yellow(plainText(remark))}\n`;
  out += part(
    'Goals',
    table(
      [{ title: '' }, { title: 'goal', shrinkTo: 30 }, { title: 'here' }],
      report.goals.map(({ goal, figure, met }) => [
        met === undefined ? '·' : met ? { text: 'met', paint: style.green } : { text: 'not met', paint: style.red },
        goal,
        figure,
      ]),
    ),
  );
  out += part(
    'By group',
    table(
      [{ title: 'group' }, { title: 'found, 95 % interval' }, right('by luck'), right('beyond luck'), right('median time')],
      run.groups.map(({ group, recall, chance, beyond_chance, median_delay }) => [
        group,
        proportionText(recall),
        percent(chance.recall),
        percent(beyond_chance),
        duration(median_delay),
      ]),
    ),
  );
  out += part(
    'By scenario (time and own events to the first alert: median, quartiles, of those found)',
    table(
      [
        { title: 'scenario', shrinkTo: 16 },
        { title: 'found, 95 % interval' },
        right('by luck'),
        { title: 'time' },
        right('goal'),
        { title: '' },
        { title: 'in time, of all' },
        { title: 'events' },
      ],
      run.scenarios.map((line) => [
        line.scenario,
        proportionText(line.recall),
        percent(line.chance.recall),
        quartileText(line.delay, duration),
        line.goal === undefined ? '' : duration(line.goal),
        line.met === undefined ? '' : line.met ? { text: 'met', paint: style.green } : { text: 'not met', paint: style.red },
        line.in_time === undefined ? '' : `${line.in_time.hits} of ${line.in_time.of}`,
        quartileText(line.events, count),
      ]),
    ),
  );
  out += part(
    'Low-and-slow by kind of tenant (unseen: an hourly z-score per interface, |z| > 3, does not see the campaign)',
    table(
      [{ title: 'kind' }, { title: 'found' }, right('seen by z'), { title: 'unseen, found' }],
      run.low_and_slow_kinds.map(({ kind, all, seen_by_z, unseen }) => [
        kindName(kind),
        proportionText(all),
        seen_by_z,
        proportionText(unseen),
      ]),
    ),
  );
  out += part(
    'False incidents a tenant and day, 95 % interval',
    table(
      [{ title: 'kind' }, right('incidents'), right('tenant-days'), { title: 'rate' }],
      run.false_incidents.by_kind.map(({ kind, rate }) => [kindName(kind), rate.count, Math.round(rate.of), rateText(rate)]),
    ) + style.dim(`  by day of the run: ${run.false_incidents.by_day.map(({ rate }) => rate.rate.toFixed(2)).join(' ')}\n`),
  );
  out += part(
    'Budget',
    table(
      [right('configured'), { title: 'realised, 95 % interval' }, right('realised / configured'), { title: 'found' }],
      report.budgets.map(({ budget, rate, realised, recall }) => [budget, rateText(rate), realised.toFixed(2), proportionText(recall)]),
    ),
  );
  out += part(
    run.sweep_by === 'share' ? 'Share of the traffic' : 'Intensity',
    run.sweep
      .map(
        ({ of, points, half }) =>
          `  ${of}: ${points.map(({ size, recall }) => `${size}: ${recall.hits}/${recall.of}`).join('  ')}  half found at ${halfText(half)}\n`,
      )
      .join(''),
  );
  out += part(
    'Hard negatives',
    table(
      [{ title: 'benign behaviour' }, { title: 'occurrences that raised a false incident' }, right('incidents')],
      run.hard_negatives.map(({ name, raised, incidents }) => [name.replaceAll('_', ' '), proportionText(raised), incidents]),
    ),
  );
  const shown = run.false_incidents.all.filter(({ attributed }) => attributed.length === 0);
  out += part(
    `False incidents: ${run.false_incidents.attributed} of ${run.false_incidents.all.length} are about benign behaviour that the labels know; the others`,
    shown.map((one) => falseText(one, style.dim)).join(''),
  );
  out += part(
    'Volume, a tenant and day',
    `  ${formatNumber(run.volume.alerts)} alerts, ${formatNumber(run.volume.incidents)} incidents, ${formatNumber(run.volume.revisions)} revisions; ${run.vague} incidents in all too vague or too long to count\n`,
  );
  out += part('Beside others', comparatorTable(report.comparators, table));
  if (report.scorers !== undefined)
    out += style.dim(`\nImportance and calibration of the trained scorers: weir models show ${report.scorers.version}\n`);
  return out;
}

function comparatorTable(lines: readonly ComparatorLine[], table: (columns: TableColumn[], rows: (string | number)[][]) => string): string {
  return table(
    [
      { title: 'method', shrinkTo: 20 },
      { title: 'threshold' },
      { title: 'found' },
      right('by luck'),
      { title: 'low-and-slow' },
      { title: 'false a tenant and day' },
    ],
    lines.map(({ title, at, recall, chance, low_and_slow, false_incidents }) => [
      title,
      at,
      proportionText(recall),
      percent(chance),
      proportionText(low_and_slow),
      rateText(false_incidents),
    ]),
  );
}

function falseText(one: FalseIncident, dim: (text: string) => string): string {
  const meanwhile = one.meanwhile.length === 0 ? '' : ` (meanwhile: ${one.meanwhile.join(', ').replaceAll('_', ' ')})`;
  const more = one.actors.length > 3 ? ` and ${one.actors.length - 3} more` : '';
  const about = [`${one.entity.kind} ${one.entity.id}`, one.detectors.join(', '), `${one.actors.slice(0, 3).join(', ')}${more}`];
  const lines = [
    `  ${one.tenant}  ${one.started_at.slice(0, 16)} – ${one.ended_at.slice(0, 16)}Z  ${one.severity} ${one.score.toFixed(2)}  ${one.title}${meanwhile}`,
    `    ${about.filter((text) => text !== '').join('; ')}`,
    `    ${one.summary}`,
  ]
    .map(plainText)
    .filter((line) => line.trim() !== '');
  return `${lines[0]}\n${dim(
    lines
      .slice(1)
      .map((line) => `${line}\n`)
      .join(''),
  )}`;
}

export function kindName(kind: string): string {
  return kind === '' ? 'unknown' : kind;
}

export function chanceText(moves: number): string {
  return moves === 0 ? 'no campaign could be moved by whole days' : `${formatNumber(moves)} moves by whole days`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** Minutes below two hours, hours below two days, days. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return '';
  if (ms < 7_200_000) return `${(ms / 60_000).toFixed(0)} min`;
  if (ms < 172_800_000) return `${Number((ms / 3_600_000).toFixed(1))} h`;
  return `${Number((ms / 86_400_000).toFixed(1))} d`;
}

export function count(value: number): string {
  return formatNumber(Math.round(value));
}

export function quartileText(of: Quartiles | undefined, text: (value: number) => string): string {
  if (of === undefined) return '';
  return of.of === 1 ? text(of.median) : `${text(of.median)} (${text(of.low)} – ${text(of.high)})`;
}

/** `0.31 [0.22, 0.44]`. */
export function halfText(half: Halfway | undefined): string {
  if (half === undefined) return 'one intensity tells nothing';
  const bounds = `[${half.low === undefined ? '…' : figure(half.low)}, ${half.high === undefined ? '…' : figure(half.high)}]`;
  if (half.stays !== undefined) return `no intensity that was tried: recall stays ${half.stays} one half ${bounds}`;
  return `${figure(half.at ?? half.middle)} ${bounds}`;
}

function figure(value: number): string {
  return String(Number(value.toPrecision(2)));
}
