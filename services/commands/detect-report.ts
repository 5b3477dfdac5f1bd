import { renderIncident } from '../console/incident-view.ts';
import type { Style } from '../console/style.ts';
import { formatNumber } from '../console/table.ts';
import type { Fate } from '../core/topology-contract.ts';
import type { DetectResult } from './run-detect.ts';

export interface DetectReportOptions {
  style: Style;
  width: number | undefined;
  /** time zone in which a tenant's times are shown */
  zone(tenant: string): string;
  /** what else the user should know of the inputs, a sentence each */
  notes?: readonly string[];
}

/** Incidents printed with their explanations; the others are counted. */
const INCIDENTS_SHOWN = 10;
/** Share of late events from which on the summary warns. */
const MANY_LATE = 0.05;
/** Reasons shown of each alert. */
const REASONS_SHOWN = 6;

/** What `weir detect` says at its end: what was read and what became of it, then the incidents with their explanations. */
export function detectReport(result: DetectResult, options: DetectReportOptions): string {
  const { style } = options;
  const lines: string[] = [];
  const busy = result.runs.filter((run) => !run.nothingNew);
  if (busy.length === 0) {
    lines.push('Nothing new: every file holds only what has been read before. weir incidents lists what was found.');
    return `${lines.join('\n')}\n`;
  }
  const events = busy.reduce((sum, run) => sum + run.events, 0);
  const rate = result.took > 0 ? Math.round((events * 1000) / result.took) : 0;
  lines.push(
    `${style.bold(formatNumber(events))} events in ${(result.took / 1000).toFixed(1)} s (${formatNumber(rate)}/s)${result.stopped ? ', stopped: start again to go on' : ''}`,
  );
  for (const run of busy) lines.push(...ledgerLines(result, run.name));
  lines.push(...lateLines(busy, style));
  lines.push(...deadLines(result, style));
  for (const note of options.notes ?? []) lines.push(style.yellow(note));
  const retracted = busy.reduce((sum, run) => sum + run.retracted, 0);
  if (retracted > 0)
    lines.push(
      `${formatNumber(retracted)} provisional ${retracted === 1 ? 'alert' : 'alerts'} of an earlier run no longer hold and were retracted`,
    );
  const incidents = result.tally.standing();
  lines.push(
    '',
    incidents.length === 0
      ? 'No incidents.'
      : style.bold(incidents.length === 1 ? '1 incident' : `${formatNumber(incidents.length)} incidents`),
    '',
  );
  for (const incident of incidents.slice(0, INCIDENTS_SHOWN)) {
    const alerts = result.tally.alertsOf(incident);
    lines.push(
      renderIncident(incident, alerts, {
        style,
        width: options.width,
        zone: options.zone(incident.tenant),
        alerts: 1,
        limit: REASONS_SHOWN,
      }),
    );
  }
  if (incidents.length > INCIDENTS_SHOWN) lines.push(`and ${formatNumber(incidents.length - INCIDENTS_SHOWN)} more (weir incidents)`);
  return `${lines.join('\n')}\n`;
}

function ledgerLines(result: DetectResult, run: string): string[] {
  const totals: Record<Fate, number> = { read: 0, windowed: 0, late: 0, dead: 0, held: 0, dropped: 0 };
  let joined = 0;
  for (const { run: of, fate, reason, count } of result.ledger) {
    if (of !== run) continue;
    totals[fate] += count;
    if (fate === 'windowed' && reason === 'session') joined += count;
  }
  const parts = [
    `${formatNumber(totals.read)} read`,
    `${formatNumber(totals.windowed)} in windows${joined > 0 ? ` (${formatNumber(joined)} joined to an account by their session)` : ''}`,
    `${formatNumber(totals.late)} late`,
    `${formatNumber(totals.dead)} dead letters`,
  ];
  if (totals.dropped > 0) parts.push(`${formatNumber(totals.dropped)} duplicates`);
  if (totals.held > 0) parts.push(`${formatNumber(totals.held)} held`);
  return [`ledger${run === 'main' ? '' : ` of ${run}`}: ${parts.join(', ')}`];
}

/** Late events are in no window: where they are many, nothing that is said below holds. */
function lateLines(runs: DetectResult['runs'], style: Style): string[] {
  const count = (fate: Fate): number =>
    runs.flatMap((run) => run.ledger).reduce((sum, entry) => sum + (entry.fate === fate ? entry.count : 0), 0);
  const read = count('read');
  const late = count('late');
  if (late < MANY_LATE * read || late === 0) return [];
  return [
    style.yellow(
      `${Math.round((100 * late) / read)} % of the events came late and are in no window: is the log in order of time? Sort it, or raise lateness in the config`,
    ),
  ];
}

function deadLines(result: DetectResult, style: Style): string[] {
  const paths = new Map(result.inputs.map((input) => [input.partition, input.path]));
  const lines: string[] = [];
  for (const { reason, count, places } of [...result.tally.deadLetters.values()].sort((a, b) => b.count - a.count)) {
    lines.push(`${style.yellow(reason)}: ${formatNumber(count)} dead ${count === 1 ? 'letter' : 'letters'}`);
    for (const { partition, line, offset, detail } of places) {
      lines.push(style.dim(`  ${nameOf(paths.get(partition) ?? partition)}${line > 0 ? `:${line}` : ''} (byte ${offset}): ${detail}`));
    }
  }
  return lines;
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}
