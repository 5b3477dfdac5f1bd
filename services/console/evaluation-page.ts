import type { EvaluationReport } from '../../models/evaluation/evaluation-report.ts';
import type { Rate } from '../../models/evaluation/rate.ts';
import type { FalseIncident, ScenarioLine, SweepLine } from '../../models/evaluation/report.ts';
import { proportionText, rateText } from '../../models/evaluation/report.ts';
import type { TenantPoint, TrainingFigures, ViewFigures } from '../../models/registry/training-figures.ts';
import { chanceText, count, duration, halfText, kindName, percent, quartileText } from './evaluation-text.ts';
import { plainText } from './plain-text.ts';
import { type Axis, barPlot, type Curve, curvePlot, dotPlot, escaped, ticksTo } from './plots.ts';
import { formatNumber } from './table.ts';

/** A cell: text, or a value with a class of the style sheet. */
type Cell = string | number | { text: string; of: 'good' | 'bad' | 'dim' };

const SHARES: Axis = { name: 'recall', from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1], text: percent };

/** An evaluation as one self-contained page: no script, nothing loaded. */
export function evaluationPage(report: EvaluationReport): string {
  const { run } = report;
  const parts = [
    `<dl class="about">${report.about.map(([name, value]) => `<dt>${safe(name)}</dt><dd>${safe(value)}</dd>`).join('')}</dl>`,
    ...report.remarks.map((remark) => `<p class="warning">${safe(remark)}</p>`),
    headline(report),
    section('Goals', goalTable(report)),
    section(
      'Recall by group',
      table(
        ['group', 'found, 95 % interval', 'by luck', 'beyond luck', 'median time'],
        run.groups.map(({ group, recall, chance, beyond_chance, median_delay }) => [
          group,
          proportionText(recall),
          percent(chance.recall),
          percent(beyond_chance),
          duration(median_delay),
        ]),
      ),
      `By luck: the share that the same incidents would find if the campaigns were moved to other days of the run (${chanceText(run.all.chance.moves)}). Low-and-slow: scenarios 2, 3, 5 and 8. Reported apart: quiet takeovers, shared accounts, growth slower than the history is long.`,
    ),
    section('Recall by scenario', recallPlot(run.scenarios)),
    section(
      'Time and events to the first alert',
      delayPlot(run.scenarios) + scenarioTable(run.scenarios),
      'Median and quartiles of the campaigns that were found, in a line; the upright mark is the goal. In time: campaigns found within the goal, of all, missed ones included. Events: the campaign’s own, up to the first alert.',
    ),
    section(
      'Low-and-slow by kind of tenant',
      table(
        ['kind', 'found', 'seen by z', 'unseen, found'],
        run.low_and_slow_kinds.map(({ kind, all, seen_by_z, unseen }) => [
          kindName(kind),
          proportionText(all),
          seen_by_z,
          proportionText(unseen),
        ]),
      ),
      'Seen by z: an hourly z-score of the requests to the campaign’s interfaces (|z| &gt; 3 against the same hour of the days before) is odd in one of its hours, and would not be without its events.',
    ),
    ...sweepSections(run.sweep, run.sweep_by),
    section(
      'False incidents by day of the run',
      ratePlot(
        run.false_incidents.by_day.map(({ day, rate }) => ({ name: String(day + 1), rate })),
        'day of the run',
        run.budget,
      ),
      'A tenant and day, with 95 % intervals that allow for tenants that differ. The dashed line is the budget.',
    ),
    section(
      'False incidents by kind of tenant',
      table(
        ['kind', 'incidents', 'tenant-days', 'a tenant and day'],
        run.false_incidents.by_kind.map(({ kind, rate }) => [kindName(kind), rate.count, Math.round(rate.of), rateText(rate)]),
      ),
    ),
    section(
      'Alert budget',
      table(
        ['configured', 'realised, 95 % interval', 'realised / configured', 'found'],
        report.budgets.map(({ budget, rate, realised, recall }) => [budget, rateText(rate), realised.toFixed(2), proportionText(recall)]),
      ),
    ),
    section('Precision and recall', precisionPlot(report), precisionText(report)),
    section(
      'Hard negatives',
      table(
        ['benign behaviour', 'occurrences that raised a false incident', 'incidents'],
        run.hard_negatives.map(({ name, raised, incidents }) => [name.replaceAll('_', ' '), proportionText(raised), incidents]),
      ),
      'A false incident is put down to a behaviour when its own account or source belongs to it, or a fifth of the actors that it names.',
    ),
    section(
      `False incidents that are nobody’s: ${run.false_incidents.all.length - run.false_incidents.attributed} of ${run.false_incidents.all.length}`,
      falseList(run.false_incidents.all.filter(({ attributed }) => attributed.length === 0)),
    ),
    section(
      'Volume, a tenant and day',
      table(
        ['alerts', 'incidents', 'revisions of incidents'],
        [[formatNumber(run.volume.alerts), formatNumber(run.volume.incidents), formatNumber(run.volume.revisions)]],
      ),
      `${run.vague} incidents in all touch a campaign, but name it too vaguely or for too long: they count neither as true nor as false.`,
    ),
    report.comparators.length === 0
      ? ''
      : section(
          'Beside published rules',
          table(
            ['method', 'threshold', 'found', 'by luck', 'low-and-slow', 'false a tenant and day'],
            report.comparators.map(({ title, source, at, recall, chance, low_and_slow, false_incidents }) => [
              `${title}${source === '' || at === 'swept' ? '' : ` (${source})`}`,
              at,
              proportionText(recall),
              percent(chance),
              proportionText(low_and_slow),
              rateText(false_incidents),
            ]),
          ),
          'On the same events, judged by the same rules. Defaults: as published. Swept: the lowest threshold with at most one false incident a tenant and day, chosen on one half of the tenants and judged on the other, both ways.',
        ),
    section('Every campaign', campaignTable(report)),
    section(
      'Every false incident that is put down to benign behaviour',
      falseList(run.false_incidents.all.filter(({ attributed }) => attributed.length > 0)),
    ),
    report.scorers === undefined
      ? ''
      : section(
          `Trained scorers: bundle ${report.scorers.version}`,
          `${trainingPlots(report.scorers.training)}<details><summary>model card: data, ranking, calibration, importance of features</summary><pre>${report.scorers.card.split('\n').map(safe).join('\n')}</pre></details>`,
        ),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Weir: detection, measured</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Detection, measured</h1>
${parts.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
}

/** Text from records: control characters go, HTML is escaped. */
function safe(value: string): string {
  return escaped(plainText(value));
}

/** @param note trusted HTML of ours */
function section(title: string, body: string, note = ''): string {
  if (body === '') return '';
  return `<section>\n<h2>${safe(title)}</h2>\n${note === '' ? '' : `<p class="note">${note}</p>\n`}${body}\n</section>`;
}

function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return '';
  const cell = (value: Cell): string => {
    if (typeof value === 'number') return `<td class="number">${safe(formatNumber(value))}</td>`;
    if (typeof value === 'string') return `<td${value.length < 32 ? ' class="short"' : ''}>${safe(value)}</td>`;
    return `<td class="${value.of}">${safe(value.text)}</td>`;
  };
  return `<div class="wide"><table><thead><tr>${heads.map((head) => `<th>${safe(head)}</th>`).join('')}</tr></thead>\n<tbody>${rows
    .map((row) => `<tr>${row.map(cell).join('')}</tr>`)
    .join('\n')}</tbody></table></div>`;
}

function headline({ run }: EvaluationReport): string {
  const box = (figure: string, what: string, more: string): string =>
    `<div class="box"><b>${safe(figure)}</b><span>${safe(what)}</span><small>${safe(more)}</small></div>`;
  const { rate } = run.false_incidents;
  return `<div class="boxes">${[
    box(
      run.all.recall.of === 0 ? '–' : percent(run.all.recall.share),
      'of campaigns found',
      run.all.recall.of === 0 ? 'there were none' : `${proportionText(run.all.recall)}; ${percent(run.all.chance.recall)} by luck`,
    ),
    box(rate.rate.toFixed(2), 'false incidents a tenant and day', `${rateText(rate)}, in ${formatNumber(Math.round(rate.of))} tenant-days`),
    box(percent(run.precision.share), 'of incidents true', proportionText(run.precision)),
  ].join('')}</div>`;
}

function metCell(met: boolean | undefined): Cell {
  return met === undefined ? { text: 'cannot say', of: 'dim' } : met ? { text: 'met', of: 'good' } : { text: 'not met', of: 'bad' };
}

function goalTable({ goals }: EvaluationReport): string {
  return table(
    ['', 'goal', 'here'],
    goals.map(({ goal, figure, met }) => [metCell(met), goal, figure]),
  );
}

function recallPlot(scenarios: readonly ScenarioLine[]): string {
  if (scenarios.length === 0) return '';
  return dotPlot(
    'Recall by scenario with 95 % intervals',
    scenarios.map(({ scenario, recall }) => ({
      name: scenario.replaceAll('_', ' '),
      value: recall.share,
      low: recall.low,
      high: recall.high,
      text: `${recall.hits} of ${recall.of}`,
    })),
    { ...SHARES, name: 'recall, 95 % Wilson interval' },
  );
}

const TIMES: Axis = {
  name: 'time to the first alert, logarithmic',
  from: 60_000,
  to: 5 * 86_400_000,
  ticks: [60_000, 600_000, 3_600_000, 6 * 3_600_000, 86_400_000, 5 * 86_400_000],
  text: (ms) => duration(ms).replace('60 min', '1 h').replace('24 h', '1 d'),
  log: true,
};

function delayPlot(scenarios: readonly ScenarioLine[]): string {
  const timed = scenarios.filter(({ delay, goal }) => delay !== undefined || goal !== undefined);
  if (timed.length === 0) return '';
  return dotPlot(
    'Time to the first alert by scenario',
    timed.map(({ scenario, delay, goal }) => ({
      name: scenario.replaceAll('_', ' '),
      value: delay?.median,
      low: delay?.low ?? 0,
      high: delay?.high ?? 0,
      text: delay === undefined ? 'none found' : duration(delay.median),
      ...(goal === undefined ? {} : { goal }),
    })),
    TIMES,
  );
}

function scenarioTable(scenarios: readonly ScenarioLine[]): string {
  return table(
    ['scenario', 'found', 'by luck', 'time: median (quartiles)', 'goal', '', 'in time, of all', 'own events'],
    scenarios.map((line) => [
      line.scenario.replaceAll('_', ' '),
      `${line.recall.hits} of ${line.recall.of}`,
      percent(line.chance.recall),
      quartileText(line.delay, duration),
      line.goal === undefined ? '' : duration(line.goal),
      line.goal === undefined ? '' : metCell(line.met),
      line.in_time === undefined ? '' : `${line.in_time.hits} of ${line.in_time.of}`,
      quartileText(line.events, count),
    ]),
  );
}

function sweepSections(sweep: readonly SweepLine[], by: 'intensity' | 'share'): string[] {
  return sweep.flatMap(({ of, points, half }) => {
    if (points.length < 2) return [];
    const [from, to] = [points[0].size, points[points.length - 1].size];
    const text = (size: number): string => (by === 'share' ? `${Number((100 * size).toPrecision(3))} %` : String(size));
    const curves: Curve[] = [
      {
        name: 'found',
        shape: 'points',
        points: points.map(({ size, recall }) => ({ x: size, y: recall.share, low: recall.low, high: recall.high })),
      },
    ];
    if (half !== undefined) {
      const law = Array.from({ length: 61 }, (_, i) => from * (to / from) ** (i / 60));
      curves.push({
        name: 'logistic law',
        shape: 'line',
        points: law.map((size) => ({ x: size, y: 1 / (1 + (half.middle / size) ** half.slope) })),
      });
    }
    const axis: Axis = {
      name: `${by === 'share' ? 'share of the tenant’s traffic' : 'intensity'}, logarithmic`,
      from: from / 1.15,
      to: to * 1.15,
      ticks: points.map(({ size }) => size),
      text,
      log: true,
    };
    return section(
      `Recall by ${by === 'share' ? 'share of the traffic' : 'intensity'}: ${of === 'all' ? 'all scenarios' : of}`,
      curvePlot(`Recall by ${by}`, curves, axis, SHARES),
      `Half is found at ${escaped(halfText(half))}: a logistic law in the logarithm, by maximum likelihood, with its 95 % profile interval.`,
    );
  });
}

function ratePlot(bars: readonly { name: string; rate: Rate }[], xName: string, goal: number | undefined): string {
  const top = Math.max(goal ?? 0, ...bars.map(({ rate }) => (Number.isFinite(rate.high) ? Math.min(rate.high, 4 * (rate.rate + 0.5)) : 0)));
  const ticks = ticksTo(top);
  return barPlot(
    `False incidents by ${xName}`,
    bars.map(({ name, rate }) => ({ name, value: rate.rate, low: rate.low, high: Math.min(rate.high, ticks[ticks.length - 1]) })),
    { name: '', from: 0, to: ticks[ticks.length - 1], ticks, text: (value) => String(value) },
    xName,
    goal,
  );
}

function precisionPlot({ generous }: EvaluationReport): string {
  const { points } = generous.precision_recall;
  if (points.length === 0) return '';
  const worst = ticksTo(Math.max(...points.map(({ falsePerTenantDay }) => falsePerTenantDay)));
  return (
    curvePlot(
      'Precision by recall',
      [{ name: 'precision', shape: 'steps', points: points.map(({ recall, precision }) => ({ x: recall, y: precision })) }],
      SHARES,
      { ...SHARES, name: 'precision' },
    ) +
    curvePlot(
      'Recall by false incidents',
      [{ name: 'recall', shape: 'steps', points: points.map(({ recall, falsePerTenantDay }) => ({ x: falsePerTenantDay, y: recall })) }],
      { name: 'false incidents a tenant and day', from: 0, to: worst[worst.length - 1], ticks: worst, text: (value) => String(value) },
      SHARES,
    )
  );
}

function precisionText({ generous }: EvaluationReport): string {
  const at = generous.budget === undefined ? '' : ` with a budget of ${generous.budget} a day`;
  return `Sweep over the strength of the incidents of one run${at}: from the strongest alone to all that were raised. Thresholds stay those of the run, nothing is chosen here. Area under what was reached: ${generous.precision_recall.averagePrecision.toFixed(2)}.`;
}

/** Features in the plot of importance. */
const MOST_FEATURES = 20;

function trainingPlots(training: TrainingFigures | undefined): string {
  return Object.entries(training?.views ?? {})
    .map(([view, figures]) => `<h3>View ${safe(view)}</h3>\n${learningPlot(view, figures)}${importancePlot(view, figures)}`)
    .join('\n');
}

function learningPlot(view: string, { curve }: ViewFigures): string {
  if (curve.length < 2) return '';
  const most = curve[curve.length - 1].tenants;
  const named: [string, (point: TenantPoint) => number][] = [
    ['ROC AUC', ({ auc }) => auc],
    ...['1 %', '0.1 %', '0.01 %'].map((rate, r): [string, (point: TenantPoint) => number] => [
      `found at ${rate} false`,
      ({ found }) => found[r],
    ]),
  ];
  return `<p class="note">Learning curve: small forests that learned from so many tenants, judged on tenants that they never saw, by windows.</p>\n${curvePlot(
    `Learning curve of the forest of view ${view}`,
    named.map(([name, of]) => ({ name, shape: 'path', points: curve.map((point) => ({ x: point.tenants, y: of(point) })) })),
    {
      name: 'tenants learned from, logarithmic',
      from: curve[0].tenants / 1.15,
      to: most * 1.15,
      ticks: curve.map(({ tenants }) => tenants),
      text: (tenants) => String(Math.round(tenants)),
      log: true,
    },
    { ...SHARES, name: 'share found, ROC AUC' },
  )}`;
}

function importancePlot(view: string, { importance }: ViewFigures): string {
  const shown = importance.slice(0, MOST_FEATURES).filter(({ share }) => share > 0);
  if (shown.length === 0) return '';
  const ticks = ticksTo(shown[0].share);
  return `<p class="note">Importance: the share of the impurity that splits by the feature take away in the forest.</p>\n${dotPlot(
    `Importance of features in the forest of view ${view}`,
    shown.map(({ feature, share }) => ({
      name: feature.replaceAll('_', ' '),
      value: share,
      low: 0,
      high: share,
      text: `${(100 * share).toFixed(1)} %`,
    })),
    { name: 'share of the impurity taken away', from: 0, to: ticks[ticks.length - 1], ticks, text: percent },
  )}`;
}

function campaignTable({ run }: EvaluationReport): string {
  return `<details><summary>${formatNumber(run.campaigns.length)} campaigns</summary>${table(
    ['tenant', 'scenario', 'intensity', 'of the traffic', 'z-score', '', 'time', 'own events'],
    run.campaigns.map((line) => [
      line.tenant,
      line.scenario.replaceAll('_', ' '),
      line.intensity === undefined ? '' : Number(line.intensity.toPrecision(2)),
      line.share === undefined ? '' : `${Number((100 * line.share).toPrecision(2))} %`,
      line.seen_by_z === undefined ? '' : line.seen_by_z ? 'sees it' : 'does not see it',
      line.found ? { text: 'found', of: 'good' as const } : { text: 'missed', of: 'bad' as const },
      duration(line.delay),
      line.events ?? '',
    ]),
  )}</details>`;
}

function falseList(all: readonly FalseIncident[]): string {
  if (all.length === 0) return '';
  const one = (incident: FalseIncident): string => {
    const actors = incident.actors.slice(0, 5).join(', ');
    const more = incident.actors.length > 5 ? ` and ${incident.actors.length - 5} more` : '';
    const why = [
      ...(incident.attributed.length === 0 ? [] : [`about: ${incident.attributed.join(', ')}`]),
      ...(incident.meanwhile.length === 0 ? [] : [`meanwhile: ${incident.meanwhile.join(', ')}`]),
    ].map((text) => text.replaceAll('_', ' '));
    return `<li><b>${safe(incident.title)}</b> <span class="dim">${safe(incident.severity)}, ${incident.score.toFixed(2)}</span><br>
${safe(incident.summary)}<br>
<span class="dim">${safe(`${incident.tenant}, ${incident.started_at.slice(0, 16)} to ${incident.ended_at.slice(0, 16)}Z; ${incident.entity.kind} ${incident.entity.id}; ${incident.detectors.join(', ')}${actors === '' ? '' : `; ${actors}${more}`}${why.length === 0 ? '' : `; ${why.join('; ')}`}`)}</span></li>`;
  };
  return `<details${all.length <= 12 ? ' open' : ''}><summary>${formatNumber(all.length)} incidents</summary><ul class="incidents">${all.map(one).join('\n')}</ul></details>`;
}

const STYLE = `
:root { --page: #fbfbfa; --text: #1f2328; --dim: #62676e; --rule: #dcdfe3; --box: #ffffff; --c0: #1f5fae; --c1: #b3541e; --c2: #2f7d4f; --c3: #7a4fa3; --good: #1d7a41; --bad: #b3261e; --warn: #fdf1d7; }
@media (prefers-color-scheme: dark) { :root { --page: #15181c; --text: #e4e6e9; --dim: #9aa1a9; --rule: #343a41; --box: #1c2026; --c0: #6aa9f4; --c1: #e8935c; --c2: #6cc48d; --c3: #b592e0; --good: #6cc48d; --bad: #f2857c; --warn: #3a3020; } }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 12px; }
h2 { font-size: 18px; margin: 36px 0 6px; }
h3 { font-size: 15px; margin: 18px 0 4px; }
.note, .dim, small { color: var(--dim); }
.note { margin: 0 0 10px; font-size: 14px; max-width: 76ch; }
.warning { background: var(--warn); padding: 8px 12px; border-radius: 6px; }
dl.about { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0 0 14px; font-size: 14px; }
dl.about dt { color: var(--dim); }
dl.about dd { margin: 0; }
.boxes { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 12px; }
.box { background: var(--box); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 16px; display: flex; flex-direction: column; }
.box b { font-size: 30px; line-height: 1.2; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th { text-align: left; color: var(--dim); font-weight: 500; }
th, td { padding: 4px 18px 4px 0; border-bottom: 1px solid var(--rule); vertical-align: top; font-variant-numeric: tabular-nums; }
td.number { text-align: right; }
td.good { color: var(--good); white-space: nowrap; }
td.bad { color: var(--bad); white-space: nowrap; }
td.dim, td.short { white-space: nowrap; }
svg { display: block; width: 100%; max-width: 760px; height: auto; margin: 4px 0 10px; }
svg text { fill: var(--text); font-family: system-ui, sans-serif; }
svg text.quiet { fill: var(--dim); }
svg .grid { stroke: var(--rule); }
svg .interval { stroke: var(--c0); stroke-width: 2; opacity: 0.55; }
svg .dot { fill: var(--c0); }
svg .line { fill: none; stroke: var(--c0); stroke-width: 2; }
svg .dot.c1 { fill: var(--c1); } svg .line.c1, svg .interval.c1 { stroke: var(--c1); }
svg .dot.c2 { fill: var(--c2); } svg .line.c2, svg .interval.c2 { stroke: var(--c2); }
svg .dot.c3 { fill: var(--c3); } svg .line.c3, svg .interval.c3 { stroke: var(--c3); }
svg .bar { fill: var(--c0); opacity: 0.75; }
svg .whisker { stroke: var(--text); opacity: 0.6; }
svg .goal { stroke: var(--c1); stroke-width: 2; }
svg .goal.across { stroke-dasharray: 6 4; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; }
summary { cursor: pointer; color: var(--dim); margin: 4px 0; }
ul.incidents { padding-left: 18px; }
ul.incidents li { margin: 0 0 10px; font-size: 14px; overflow-wrap: anywhere; }
@media print { details > * { display: block; } }
`;
