import type { AlertRecord, EntityRef, IncidentRecord } from '../../schemas/alert.ts';
import type { LabelledBenign, LabelledCampaign } from './campaign.ts';
import type { Proportion } from './wilson.ts';
import { wilson } from './wilson.ts';

/** An incident that names this part of a campaign's accounts or sources names the campaign. */
const NAMED_SHARE = 0.05;
/** Of the actors that an incident names, this part must have taken part. */
const TRUE_SHARE = 0.2;
/** Longer incidents count for nothing: who alerts always is always right. */
const LONGEST_MS = 48 * 3_600_000;
const DAY_MS = 86_400_000;

export interface EvaluationOptions {
  /** days of all tenants together: what false incidents are counted per */
  tenantDays: number;
  benign?: readonly LabelledBenign[];
  /** ms UTC at which the input of every tenant begins: false incidents are then also counted by day of the run */
  start?: number;
}

/** What an evaluation needs to know of an alert. */
export type JudgedAlert = Pick<AlertRecord, 'alert_id' | 'entity' | 'window' | 'detected_at'>;

/** How a campaign fared. */
export interface CampaignResult {
  campaign: string;
  tenant: string;
  /** number and name */
  scenario: string;
  intensity: number | undefined;
  /** incidents that count for it, the first detected first */
  incidents: string[];
  /** ms from its start to the first alert that names it; undefined when it was missed */
  delay: number | undefined;
}

/** true: counts for a campaign; partial: touches a campaign, but names it too vaguely to count; false: neither; informational: not counted. */
export type IncidentClass = 'true' | 'partial' | 'false' | 'informational';

export interface IncidentResult {
  incident: string;
  tenant: string;
  class: IncidentClass;
  /** campaigns that it counts for */
  campaigns: string[];
  /** names of benign notes that overlap it and hold its entity or one of its actors: why a false one came */
  notes: string[];
  title: string;
}

export interface Evaluation {
  recall: Proportion;
  byScenario: { scenario: string; recall: Proportion; medianDelay: number | undefined }[];
  falseIncidents: number;
  falsePerTenantDay: number;
  /** true / (true + false) incidents */
  precision: number;
  /** ms, of the campaigns that were found */
  medianDelay: number | undefined;
  /** false incidents by benign note name; `unattributed` for the rest */
  falseByNote: Record<string, number>;
  /** false incidents by the day of the run on which they were detected, the first day first; [] without a start */
  falseByDay: number[];
  campaigns: CampaignResult[];
  incidents: IncidentResult[];
}

/**
 * Scores incidents against labels. A campaign is found by an incident of its tenant that overlaps it in time, spans at
 * most 48 hours, is itself about an entity of the campaign, names its interface or target (by being about it) or at
 * least 5 % of its accounts or sources, and of whose named actors at least a fifth took part. So an alert that names
 * everyone, or one that never ends, earns nothing. A false incident overlaps no campaign in time or names none of its
 * entities. Only the last revision of an incident counts, retracted ones do not, informational ones are set aside.
 * @param incidents any revisions, in any order
 * @param alerts the incidents' alerts, for the time of detection; an incident without them is detected when it says
 */
export function evaluateIncidents(
  incidents: readonly IncidentRecord[],
  alerts: readonly JudgedAlert[],
  campaigns: readonly LabelledCampaign[],
  options: EvaluationOptions,
): Evaluation {
  const alertsById = new Map(alerts.map((alert) => [alert.alert_id, alert]));
  const prepared = campaigns.map(prepare);
  const results = prepared.map<CampaignResult>(({ label }) => ({
    campaign: label.id,
    tenant: label.tenant,
    scenario: scenarioName(label),
    intensity: label.intensity,
    incidents: [],
    delay: undefined,
  }));
  const byTenant = new Map<string, number[]>();
  prepared.forEach(({ label }, i) => {
    const of = byTenant.get(label.tenant);
    if (of === undefined) byTenant.set(label.tenant, [i]);
    else of.push(i);
  });
  const judged: IncidentResult[] = [];
  const falseByNote: Record<string, number> = {};
  const falseByDay: number[] = [];

  for (const incident of lastRevisions(incidents)) {
    const found: string[] = [];
    let touches = false;
    if (incident.severity !== 'info') {
      (byTenant.get(incident.tenant) ?? []).forEach((i) => {
        const campaign = prepared[i];
        if (!overlaps(incident, campaign) || !namesAny(incident, campaign)) return;
        touches = true;
        if (!counts(incident, campaign)) return;
        found.push(campaign.label.id);
        const detected = detectedAt(incident, alertsById, campaign);
        results[i].incidents.push(incident.incident_id);
        const delay = Math.max(0, detected - campaign.start);
        if (results[i].delay === undefined || delay < results[i].delay) results[i].delay = delay;
      });
    }
    const kind: IncidentClass = incident.severity === 'info' ? 'informational' : found.length > 0 ? 'true' : touches ? 'partial' : 'false';
    const notes = kind === 'false' ? notesOf(incident, options.benign ?? []) : [];
    if (kind === 'false' && options.start !== undefined) {
      const day = Math.max(0, Math.floor((Date.parse(incident.detected_at) - options.start) / DAY_MS));
      while (falseByDay.length <= day) falseByDay.push(0);
      falseByDay[day]++;
    }
    if (kind === 'false') for (const note of notes.length > 0 ? notes : ['unattributed']) falseByNote[note] = (falseByNote[note] ?? 0) + 1;
    judged.push({ incident: incident.incident_id, tenant: incident.tenant, class: kind, campaigns: found, notes, title: incident.title });
  }

  const falseIncidents = judged.filter((result) => result.class === 'false').length;
  const trueIncidents = judged.filter((result) => result.class === 'true').length;
  return {
    recall: recallOf(results),
    byScenario: [...new Set(results.map((result) => result.scenario))].sort(byNumber).map((scenario) => {
      const of = results.filter((result) => result.scenario === scenario);
      return { scenario, recall: recallOf(of), medianDelay: medianDelay(of) };
    }),
    falseIncidents,
    falsePerTenantDay: options.tenantDays > 0 ? falseIncidents / options.tenantDays : 0,
    precision: trueIncidents + falseIncidents > 0 ? trueIncidents / (trueIncidents + falseIncidents) : 0,
    medianDelay: medianDelay(results),
    falseByNote,
    falseByDay,
    campaigns: results,
    incidents: judged,
  };
}

/** What luck would have found. */
export interface Chance {
  /** mean over the campaigns that could be moved: share of their moves at which the same incidents count for them */
  recall: number;
  /** campaigns that could be moved: there was room in the run for another day */
  campaigns: number;
  /** moves in all */
  moves: number;
}

/**
 * What the same incidents would find by luck: every campaign is moved by whole days (so that it keeps its hour), far enough
 * not to overlap itself and only to places inside the run of its tenant. Subtract it from recall.
 * @param runs ms UTC at which the input of each tenant begins and ends
 */
export function chanceRecall(
  incidents: readonly IncidentRecord[],
  campaigns: readonly LabelledCampaign[],
  runs: ReadonlyMap<string, { start: number; end: number }>,
): Chance {
  const byTenant = new Map<string, IncidentRecord[]>();
  for (const incident of lastRevisions(incidents)) {
    if (incident.severity === 'info') continue;
    const of = byTenant.get(incident.tenant);
    if (of === undefined) byTenant.set(incident.tenant, [incident]);
    else of.push(incident);
  }
  let sum = 0;
  let moved = 0;
  let moves = 0;
  for (const label of campaigns) {
    const run = runs.get(label.tenant);
    if (run === undefined) continue;
    const campaign = prepare(label);
    const days = movesWithin(campaign, run);
    if (days.length === 0) continue;
    const candidates = (byTenant.get(label.tenant) ?? []).filter((incident) => counts(incident, campaign));
    const lucky = days.filter((day) => {
      const there = { ...campaign, start: campaign.start + day * DAY_MS, end: campaign.end + day * DAY_MS };
      return candidates.some((incident) => overlaps(incident, there));
    });
    sum += lucky.length / days.length;
    moved++;
    moves += days.length;
  }
  return { recall: moved > 0 ? sum / moved : 0, campaigns: moved, moves };
}

/** Whole days by which a campaign can be moved: away from itself, inside the run. */
function movesWithin({ start, end }: { start: number; end: number }, run: { start: number; end: number }): number[] {
  const least = Math.floor((end - start) / DAY_MS) + 1;
  const days: number[] = [];
  for (let day = least; end + day * DAY_MS <= run.end; day++) days.push(day);
  for (let day = -least; start + day * DAY_MS >= run.start; day--) days.push(day);
  return days;
}

interface Prepared {
  label: LabelledCampaign;
  start: number;
  end: number;
  byKind: Record<'account' | 'source' | 'interface' | 'target', ReadonlySet<string>>;
  side: ReadonlySet<string>;
}

function prepare(label: LabelledCampaign): Prepared {
  return {
    label,
    start: Date.parse(label.start),
    end: Date.parse(label.end),
    byKind: {
      account: new Set(label.accounts),
      source: new Set(label.sources),
      interface: new Set(label.interfaces),
      target: new Set(label.targets),
    },
    side: new Set(label.side_interfaces ?? []),
  };
}

/** The state of each incident that holds in the end. */
export function lastRevisions(incidents: readonly IncidentRecord[]): IncidentRecord[] {
  const last = new Map<string, IncidentRecord>();
  for (const incident of incidents) {
    const before = last.get(incident.incident_id);
    if (before === undefined || before.revision <= incident.revision) last.set(incident.incident_id, incident);
  }
  return [...last.values()].filter((incident) => incident.status !== 'retracted');
}

function overlaps(incident: IncidentRecord, campaign: Prepared): boolean {
  return (
    incident.tenant === campaign.label.tenant &&
    Date.parse(incident.started_at) <= campaign.end &&
    campaign.start <= Date.parse(incident.ended_at)
  );
}

function takesPart(entity: EntityRef, campaign: Prepared): boolean {
  return entity.kind !== 'tenant' && campaign.byKind[entity.kind].has(entity.id);
}

function namesAny(incident: IncidentRecord, campaign: Prepared): boolean {
  if (takesPart(incident.entity, campaign) || (incident.entity.kind === 'interface' && campaign.side.has(incident.entity.id))) return true;
  return incident.actors.some((actor) => takesPart(actor, campaign));
}

function counts(incident: IncidentRecord, campaign: Prepared): boolean {
  if (Date.parse(incident.ended_at) - Date.parse(incident.started_at) > LONGEST_MS) return false;
  if (!takesPart(incident.entity, campaign)) return false;
  // a kind of actor that the campaign is not attributed to says nothing either way
  const named = incident.actors.filter((actor) => isActor(actor.kind) && campaign.byKind[actor.kind].size > 0).length;
  const takingPart = incident.actors.filter((actor) => isActor(actor.kind) && takesPart(actor, campaign));
  if (named > 0 && takingPart.length < TRUE_SHARE * named) return false;
  if (incident.entity.kind === 'interface' || incident.entity.kind === 'target') return true;
  return (['account', 'source'] as const).some((kind) => {
    const all = campaign.byKind[kind].size;
    const hit = new Set(takingPart.filter((actor) => actor.kind === kind).map((actor) => actor.id));
    if (incident.entity.kind === kind) hit.add(incident.entity.id);
    return all > 0 && hit.size >= NAMED_SHARE * all;
  });
}

function isActor(kind: EntityRef['kind']): kind is 'account' | 'source' {
  return kind === 'account' || kind === 'source';
}

/** Detection time of the incident's first alert that overlaps the campaign and is about one of its entities. */
function detectedAt(incident: IncidentRecord, alerts: ReadonlyMap<string, JudgedAlert>, campaign: Prepared): number {
  let first: number | undefined;
  for (const id of incident.alert_ids) {
    const alert = alerts.get(id);
    if (alert === undefined || !takesPart(alert.entity, campaign)) continue;
    if (Date.parse(alert.window.start) > campaign.end || Date.parse(alert.window.end) < campaign.start) continue;
    const at = Date.parse(alert.detected_at);
    if (first === undefined || at < first) first = at;
  }
  return first ?? Date.parse(incident.detected_at);
}

function notesOf(incident: IncidentRecord, benign: readonly LabelledBenign[]): string[] {
  const names = benign
    .filter((note) => {
      if (
        note.tenant !== incident.tenant ||
        Date.parse(note.start) > Date.parse(incident.ended_at) ||
        Date.parse(note.end) < Date.parse(incident.started_at)
      )
        return false;
      const holds = (entity: EntityRef): boolean =>
        (entity.kind === 'account' && note.accounts.includes(entity.id)) ||
        (entity.kind === 'source' && note.sources.includes(entity.id)) ||
        (entity.kind === 'interface' && note.interfaces.includes(entity.id));
      return holds(incident.entity) || incident.actors.some(holds);
    })
    .map((note) => note.name);
  return [...new Set(names)].sort();
}

function scenarioName(campaign: LabelledCampaign): string {
  return `${campaign.scenario.number} ${campaign.scenario.name}`;
}

function byNumber(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : a > b ? 1 : 0);
}

function recallOf(results: readonly CampaignResult[]): Proportion {
  return wilson(results.filter((result) => result.delay !== undefined).length, results.length);
}

function medianDelay(results: readonly CampaignResult[]): number | undefined {
  const delays = results.flatMap((result) => (result.delay === undefined ? [] : [result.delay])).sort((a, b) => a - b);
  if (delays.length === 0) return undefined;
  const middle = Math.floor(delays.length / 2);
  return delays.length % 2 === 1 ? delays[middle] : (delays[middle - 1] + delays[middle]) / 2;
}
