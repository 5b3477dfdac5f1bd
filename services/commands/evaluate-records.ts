import type { EvaluationReport } from '../../models/evaluation/evaluation-report.ts';
import { evaluationReport } from '../../models/evaluation/evaluation-report.ts';
import { lastRevisions } from '../../models/evaluation/incidents.ts';
import type { JudgedTenant } from '../../models/evaluation/judged-tenant.ts';
import { rebuiltIncidents } from '../../models/evaluation/rebuilt-incidents.ts';
import type { IncidentRecord } from '../../schemas/alert.ts';
import type { Labels } from '../../schemas/labels.ts';
import { parseLabels } from '../../schemas/labels.ts';
import { formatNumber } from '../console/table.ts';
import { parseTimeOption } from '../console/times.ts';
import { WeirError } from '../core/errors.ts';
import { explanationError } from '../evaluation/explanation-error.ts';
import { usedForTenant } from '../evaluation/known-seeds.ts';
import { targetId } from '../simulation/labels.ts';
import { listAlerts, listIncidents } from '../storage/records.ts';
import { defaultConfig, loadConfig, tenantConfig } from './config.ts';
import { existingKey, tenantKey } from './master-key.ts';
import { type AlertLine, type AlertLines, readAlertLines } from './read-alert-lines.ts';
import { readFileBytes } from './read-file-bytes.ts';
import { DEFAULT_DATA_FOLDER, withReader } from './record-list.ts';

/** What `weir evaluate --labels` was told; texts as given. */
export interface EvaluateRecordsFlags {
  labels: string;
  /** files of alerts or incidents; undefined: the store */
  alerts?: string[];
  data?: string;
  config?: string;
  from?: string;
  to?: string;
}

/** When a tenant's log begins and ends, ms UTC. */
interface Span {
  start: number;
  end: number;
}

/** Judges the alerts and incidents of a real run by a label file. */
export async function evaluateRecords(flags: EvaluateRecordsFlags): Promise<EvaluationReport> {
  const labels = readLabels(flags.labels);
  const config = flags.config === undefined ? defaultConfig('.').config : loadConfig(flags.config).config;
  const remarks: string[] = [];
  const { lines, spans } =
    flags.alerts === undefined ? await fromStore(flags) : { lines: fromFiles(flags.alerts, remarks), spans: new Map() };
  const names = [
    ...new Set([...labels.tenants.map(({ name }) => name), ...[...labels.campaigns, ...labels.benign].map(({ tenant }) => tenant)]),
  ];
  if (names.length === 0) throw new WeirError('usage', `${flags.labels} names no tenant: there is nothing to judge by`);
  const strangers = new Set([...lines.alerts, ...lines.incidents].map(({ tenant }) => tenant).filter((tenant) => !names.includes(tenant)));
  if (strangers.size > 0) remarks.push(`Left out, because the labels say nothing of them: ${[...strangers].sort().join(', ')}.`);
  const key = existingKey(config, flags.data ?? DEFAULT_DATA_FOLDER);
  const keyless = key.every((byte) => byte === 0);
  if (keyless && labels.campaigns.some(({ targets }) => targets.length > 0))
    remarks.push(
      `Targets are stored hashed, and there is no hash key: incidents about a target count for nothing. Name the run's data folder with --data, or set ${config.values.key_env}.`,
    );
  const asked = (name: 'from' | 'to'): number | undefined =>
    flags[name] === undefined ? undefined : parseTimeOption(flags[name], `--${name}`, { now: Date.now(), zone: 'UTC' });
  const [from, to] = [asked('from'), asked('to')];
  const guessed: string[] = [];
  const tenants = names.map((name) => {
    const tenant = tenantOf(name, labels, lines, keyless ? undefined : tenantKey(key, name));
    const known = knownSpan(name, labels) ?? spans.get(name);
    if (known === undefined && (from === undefined || to === undefined)) guessed.push(name);
    const span = known ?? reach(tenant);
    const start = from ?? span.start;
    const end = to ?? span.end;
    if (!(end > start))
      throw new WeirError(
        'usage',
        `tenant ${name}: its log is said to end (${new Date(end).toISOString()}) before it begins (${new Date(start).toISOString()}); say when with --from and --to`,
      );
    return { ...tenant, start, end };
  });
  if (guessed.length > 0)
    remarks.push(
      `How long the log of ${guessed.join(', ')} is, nobody says: it is taken from the first to the last label or incident, so false incidents a day are too many rather than too few. --from and --to say it.`,
    );
  for (const use of ['tuning', 'training'] as const) {
    const used = labels.tenants.filter(({ seed }) => seed !== undefined && usedForTenant(seed) === use).map(({ name }) => name);
    if (used.length > 0) remarks.push(`These figures flatter: the seeds of ${used.join(', ')} were used for ${use}.`);
  }
  const budgets = new Set(names.map((name) => tenantConfig(config, name).alert_budget));
  // a config that was not named says nothing of the run
  const budget = flags.config !== undefined && budgets.size === 1 ? [...budgets][0] : undefined;
  return evaluationReport([{ budget, tenants }], {
    about: [
      [
        'judged',
        flags.alerts === undefined ? `the store of ${flags.config ?? flags.data ?? DEFAULT_DATA_FOLDER}` : flags.alerts.join(', '),
      ],
      ['by', flags.labels],
      ['tenants', names.join(', ')],
      ['campaigns', formatNumber(labels.campaigns.length)],
    ],
    remarks,
  });
}

function readLabels(path: string): Labels {
  const text = new TextDecoder().decode(readFileBytes(path, 'label file'));
  try {
    return parseLabels(text);
  } catch (cause) {
    throw new WeirError('input_format', `${path}: ${(cause as Error).message}; docs/simulation.md describes the file`, { cause });
  }
}

function fromFiles(paths: readonly string[], remarks: string[]): AlertLines {
  const lines = readAlertLines(paths);
  const known = new Set(lines.incidents.map(({ incident_id }) => incident_id));
  const orphans = lines.alerts.filter(({ incident_id }) => !known.has(incident_id));
  if (orphans.length === 0) return lines;
  // alerts of incidents that joined others name one that is not told any more
  const listed = new Set(lines.incidents.flatMap(({ alert_ids }) => alert_ids));
  const loose = orphans.filter(({ alert_id }) => !listed.has(alert_id));
  if (loose.length > 0)
    remarks.push(
      `Incidents of ${formatNumber(loose.length)} alerts are put together again from the alerts, which tell less: weir incidents --json has the records.`,
    );
  return { alerts: lines.alerts, incidents: [...lines.incidents, ...rebuiltIncidents(loose)] };
}

async function fromStore({ data, config }: EvaluateRecordsFlags): Promise<{ lines: AlertLines; spans: Map<string, Span> }> {
  return withReader(
    { data: data ?? DEFAULT_DATA_FOLDER, ...(config === undefined || data !== undefined ? {} : { config }) },
    async (reader) => {
      const alerts = await listAlerts(reader);
      const incidents = await listIncidents(reader);
      const rows = await reader.rows<{ tenant: string; start: number; end: number }>(
        `SELECT tenant, toUnixTimestamp64Milli(min(start)) AS start, toUnixTimestamp64Milli(max(end)) AS end
       FROM windows WHERE size = '1h' GROUP BY tenant`,
      );
      return {
        lines: { alerts, incidents },
        spans: new Map(rows.map(({ tenant, start, end }) => [tenant, { start: Number(start), end: Number(end) }])),
      };
    },
  );
}

function tenantOf(name: string, labels: Labels, lines: AlertLines, key: Uint32Array | undefined): Omit<JudgedTenant, 'start' | 'end'> {
  const alerts = lines.alerts.filter(({ tenant }) => tenant === name);
  const incidents = lines.incidents.filter(({ tenant }) => tenant === name);
  const last = lastRevisions(incidents);
  const explained = alerts.flatMap((alert) => explanationOf(alert) ?? []);
  const known = labels.tenants.find((tenant) => tenant.name === name);
  return {
    tenant: name,
    kind: known?.kind,
    seed: known?.seed,
    events: 0,
    incidents: last,
    alerts,
    volume: { alerts: alerts.length, incidents: last.length, revisions: revisionsOf(incidents) },
    campaigns: labels.campaigns
      .filter(({ tenant }) => tenant === name)
      .map((campaign) => ({
        ...campaign,
        targets: key === undefined ? campaign.targets : [...campaign.targets, ...campaign.targets.map((value) => targetId(key, value))],
      })),
    benign: labels.benign.filter(({ tenant }) => tenant === name),
    ...(explained.length === 0 ? {} : { explanationError: Math.max(...explained) }),
  };
}

/** The number of the last revision says how many there were, whether they are at hand or not. */
function revisionsOf(incidents: readonly IncidentRecord[]): number {
  const most = new Map<string, number>();
  for (const { incident_id, revision } of incidents) most.set(incident_id, Math.max(most.get(incident_id) ?? 0, revision));
  return [...most.values()].reduce((sum, revision) => sum + revision, 0);
}

function explanationOf({ bias, reasons, score }: AlertLine): number | undefined {
  return bias === undefined || reasons === undefined ? undefined : explanationError({ bias, reasons, score });
}

function knownSpan(name: string, labels: Labels): Span | undefined {
  const known = labels.tenants.find((tenant) => tenant.name === name);
  return known === undefined ? undefined : { start: Date.parse(known.start), end: Date.parse(known.end) };
}

/** From the first to the last of what is known of a tenant. */
function reach({ campaigns, benign, incidents }: Pick<JudgedTenant, 'campaigns' | 'benign' | 'incidents'>): Span {
  const starts = [...campaigns, ...benign].map(({ start }) => Date.parse(start));
  const ends = [...campaigns, ...benign].map(({ end }) => Date.parse(end));
  for (const { started_at, ended_at } of incidents) {
    starts.push(Date.parse(started_at));
    ends.push(Date.parse(ended_at));
  }
  return { start: Math.min(...starts), end: Math.max(...ends) };
}
