import type { IncidentRecord } from '../../schemas/alert.ts';
import type { LabelledCampaign } from './campaign.ts';
import { GOALS, GROUPS, type Group, groupOf, timeGoal } from './goals.ts';
import type { Halfway } from './halfway.ts';
import { halfway } from './halfway.ts';
import type { HardNegativeResult } from './hard-negatives.ts';
import { attribute, hardNegativeResults } from './hard-negatives.ts';
import type { CampaignResult, Chance, Evaluation } from './incidents.ts';
import { chanceRecall, evaluateIncidents } from './incidents.ts';
import type { JudgedRun, JudgedTenant } from './judged-tenant.ts';
import { daysOf } from './judged-tenant.ts';
import type { PrecisionRecall } from './precision-recall.ts';
import { precisionRecall } from './precision-recall.ts';
import type { Quartiles } from './quartiles.ts';
import { quartiles } from './quartiles.ts';
import type { Rate } from './rate.ts';
import { rateOf } from './rate.ts';
import type { Proportion } from './wilson.ts';
import { wilson } from './wilson.ts';

const DAY_MS = 86_400_000;

/** One campaign in the report. */
export interface CampaignLine {
  campaign: string;
  tenant: string;
  kind: string | undefined;
  scenario: string;
  group: Group;
  intensity: number | undefined;
  found: boolean;
  /** ms to the first alert */
  delay: number | undefined;
  /** its own events up to the first alert */
  events: number | undefined;
  /** its events by all of the tenant in its time */
  share: number | undefined;
  /** what it was made with: an intensity, or a share of the traffic */
  size: number | undefined;
  seen_by_z: boolean | undefined;
}

/** Recall of some campaigns, with what luck would have found of them. */
export interface RecallLine {
  recall: Proportion;
  chance: Chance;
  /** recall minus chance */
  beyond_chance: number;
}

export interface ScenarioLine extends RecallLine {
  scenario: string;
  group: Group;
  /** ms to the first alert, of the campaigns that were found */
  delay: Quartiles | undefined;
  /** own events to the first alert, of the campaigns that were found */
  events: Quartiles | undefined;
  /** ms; undefined where none is set */
  goal: number | undefined;
  /** half of the found ones were found within the goal */
  met: boolean | undefined;
  /** campaigns found within the goal, of all: those that were missed included */
  in_time: Proportion | undefined;
}

/** A false incident in full. */
export interface FalseIncident {
  incident: string;
  tenant: string;
  kind: string | undefined;
  severity: IncidentRecord['severity'];
  score: number;
  title: string;
  summary: string;
  entity: IncidentRecord['entity'];
  actors: string[];
  detectors: string[];
  started_at: string;
  ended_at: string;
  /** names of the benign behaviour that it is about */
  attributed: string[];
  /** behaviour of the whole tenant at that time, which may have to do with it */
  meanwhile: string[];
}

export interface SweepLine {
  of: 'all' | Group;
  points: { size: number; recall: Proportion }[];
  half: Halfway | undefined;
}

/** What one run under one budget was worth. Times in ms, shares 0..1. */
export interface RunReport {
  budget: number | undefined;
  tenants: number;
  /** that the tenants were drawn from; 0: not known */
  seeds: number;
  tenant_days: number;
  events: number;
  all: RecallLine;
  groups: (RecallLine & { group: Group; median_delay: number | undefined })[];
  scenarios: ScenarioLine[];
  /** low-and-slow campaigns by kind of tenant: all, and those that an hourly z-score of the interface does not see */
  low_and_slow_kinds: { kind: string; all: Proportion; seen_by_z: number; unseen: Proportion }[];
  false_incidents: {
    rate: Rate;
    by_kind: { kind: string; rate: Rate }[];
    by_day: { day: number; rate: Rate }[];
    /** false incidents that are about benign behaviour that the labels know */
    attributed: number;
    all: FalseIncident[];
  };
  /** touch a campaign, but name it too vaguely or for too long to count: neither true nor false */
  vague: number;
  precision: Proportion;
  precision_recall: PrecisionRecall;
  /** by intensity, or by the share of the traffic where campaigns were made by that */
  sweep_by: 'intensity' | 'share';
  sweep: SweepLine[];
  hard_negatives: HardNegativeResult[];
  /** a tenant and day */
  volume: { alerts: number; incidents: number; revisions: number };
  explanation_error: number | undefined;
  campaigns: CampaignLine[];
}

/** A budget that was configured, and what came. */
export interface BudgetLine {
  budget: number;
  rate: Rate;
  /** rate by budget */
  realised: number;
  recall: Proportion;
  /** without those reported apart */
  recall_but_apart: Proportion;
}

/** Something that the project holds itself to. */
export interface GoalLine {
  goal: string;
  figure: string;
  /** undefined: this run cannot say */
  met: boolean | undefined;
}

/** Judges one run. */
export function runReport({ budget, tenants }: JudgedRun): RunReport {
  const incidents = tenants.flatMap((tenant) => tenant.incidents);
  const campaigns = tenants.flatMap((tenant) => tenant.campaigns);
  const benign = tenants.flatMap((tenant) => tenant.benign);
  const tenantDays = tenants.reduce((sum, tenant) => sum + daysOf(tenant), 0);
  const judged = evaluateIncidents(
    incidents,
    tenants.flatMap((tenant) => tenant.alerts),
    campaigns,
    { tenantDays, benign },
  );
  const runs = new Map(tenants.map((tenant) => [tenant.tenant, tenant]));
  const lines = campaignLines(judged, campaigns, runs);
  const recallLine = (of: readonly CampaignLine[]): RecallLine => {
    const ids = new Set(of.map(({ campaign, tenant }) => `${tenant} ${campaign}`));
    const chance = chanceRecall(
      incidents,
      campaigns.filter(({ id, tenant }) => ids.has(`${tenant} ${id}`)),
      runs,
    );
    const recall = recallOf(of);
    return { recall, chance, beyond_chance: recall.share - chance.recall };
  };
  const falseOnes = falseIncidents(judged, incidents, tenants);
  const sum = (of: (tenant: JudgedTenant) => number): number => tenants.reduce((total, tenant) => total + of(tenant), 0);
  const rights = judged.incidents.filter((one) => one.class === 'true').length;
  const errors = tenants.flatMap(({ explanationError }) => (explanationError === undefined ? [] : [explanationError]));
  return {
    budget,
    tenants: tenants.length,
    seeds: new Set(tenants.flatMap(({ seed }) => (seed === undefined ? [] : [seed]))).size,
    tenant_days: tenantDays,
    events: sum(({ events }) => events),
    all: recallLine(lines),
    groups: GROUPS.filter((group) => lines.some((line) => line.group === group)).map((group) => {
      const of = lines.filter((line) => line.group === group);
      return { group, ...recallLine(of), median_delay: quartiles(delaysOf(of))?.median };
    }),
    scenarios: scenarioNames(lines).map((scenario) => {
      const of = lines.filter((line) => line.scenario === scenario);
      return { scenario, group: of[0].group, ...recallLine(of), ...timeLine(of, timeGoal(scenario.replace(/^\d+ /, ''))) };
    }),
    low_and_slow_kinds: kindLines(lines.filter(({ group }) => group === 'low-and-slow')),
    false_incidents: {
      rate: rateOf(tenants.map((tenant) => ({ count: countIn(falseOnes.all, tenant), of: daysOf(tenant) }))),
      by_kind: [...new Set(tenants.map(({ kind }) => kind ?? ''))].sort().map((kind) => ({
        kind,
        rate: rateOf(
          tenants
            .filter((tenant) => (tenant.kind ?? '') === kind)
            .map((tenant) => ({ count: countIn(falseOnes.all, tenant), of: daysOf(tenant) })),
        ),
      })),
      by_day: byDay(tenants, judged, incidents),
      attributed: falseOnes.all.filter(({ attributed }) => attributed.length > 0).length,
      all: falseOnes.all,
    },
    vague: judged.incidents.filter((one) => one.class === 'partial').length,
    precision: wilson(rights, rights + judged.falseIncidents),
    precision_recall: precisionRecall(judged, incidents, tenantDays),
    sweep_by: tenants.some(({ traffic }) => [...(traffic?.values() ?? [])].some(({ wanted }) => wanted !== undefined))
      ? 'share'
      : 'intensity',
    sweep: sweepOf(lines),
    hard_negatives: hardNegativeResults(benign, falseOnes.attributions),
    volume: {
      alerts: sum(({ volume }) => volume.alerts) / tenantDays,
      incidents: sum(({ volume }) => volume.incidents) / tenantDays,
      revisions: sum(({ volume }) => volume.revisions) / tenantDays,
    },
    explanation_error: errors.length > 0 ? Math.max(...errors) : undefined,
    campaigns: lines,
  };
}

/** What was configured against what came. */
export function budgetLine(run: RunReport): BudgetLine | undefined {
  if (run.budget === undefined) return undefined;
  const { rate } = run.false_incidents;
  return {
    budget: run.budget,
    rate,
    realised: rate.rate / run.budget,
    recall: run.all.recall,
    recall_but_apart: recallOf(run.campaigns.filter(({ group }) => group !== 'reported apart')),
  };
}

/** The project's goals, by the figures of one run and of all budgets. */
export function goalLines(run: RunReport, budgets: readonly BudgetLine[]): GoalLine[] {
  const lines: GoalLine[] = [];
  const { rate } = run.false_incidents;
  const add = (goal: string, of: Proportion, least: number, more = true): void => {
    lines.push({ goal, figure: proportionText(of), met: of.of === 0 ? undefined : more && of.share >= least });
  };
  const quiet = rate.rate <= GOALS.falsePerTenantDay;
  const low = run.campaigns.filter(({ group }) => group === 'low-and-slow');
  const others = run.campaigns.filter(({ group }) => group === 'others');
  const within = (from: number, to: number) =>
    others.filter(({ intensity }) => intensity !== undefined && intensity >= from && intensity <= to);
  lines.push({ goal: 'at most one false incident a tenant and day', figure: rateText(rate), met: quiet });
  add('low-and-slow: recall of 95 % at that', recallOf(low), GOALS.lowAndSlow, quiet);
  const unseen = low.filter((line) => line.seen_by_z === false);
  add('low-and-slow that an hourly z-score does not see: 95 %', recallOf(unseen), GOALS.lowAndSlow, quiet);
  const kinds = run.low_and_slow_kinds.filter((line) => line.unseen.of > 0);
  const good = kinds.filter((line) => line.unseen.share >= GOALS.lowAndSlow);
  lines.push({
    goal: `that in at least ${GOALS.kinds} kinds of tenant`,
    figure: kinds.map(({ kind, unseen }) => `${kind} ${unseen.hits} of ${unseen.of}`).join(', ') || 'none',
    met: kinds.length === 0 ? undefined : quiet && good.length >= GOALS.kinds,
  });
  lines.push({
    goal: `from at least ${GOALS.seeds} seeds`,
    figure: String(run.seeds),
    met: run.seeds === 0 ? undefined : run.seeds >= GOALS.seeds,
  });
  add('other scenarios at full intensity: 90 %', recallOf(within(1, 1)), GOALS.othersFull, quiet);
  add('other scenarios at a third of it: 85 %', recallOf(within(0.3, 0.34)), GOALS.othersThird, quiet);
  for (const line of budgets)
    lines.push({
      goal: `budget of ${line.budget} a day kept: at most ${GOALS.budgetKept} of it realised`,
      figure: line.realised.toFixed(2),
      met: line.realised <= GOALS.budgetKept,
    });
  const tight = budgets.find(({ budget }) => budget === GOALS.tightBudget);
  if (tight !== undefined) add(`at ${GOALS.tightBudget} a day: recall of 75 %`, tight.recall_but_apart, GOALS.atTightBudget);
  const timed = run.scenarios.filter(({ met }) => met !== undefined);
  lines.push({
    goal: 'median time to detect within the goal of its scenario',
    figure: `${timed.filter(({ met }) => met).length} of ${timed.length} scenarios`,
    met: timed.length === 0 ? undefined : timed.every(({ met }) => met === true),
  });
  if (run.explanation_error !== undefined)
    lines.push({
      goal: 'explanations add up to the score within 1e-6, on every alert',
      figure: run.explanation_error === 0 ? 'exactly' : `largest error ${run.explanation_error.toExponential(1)}`,
      met: run.explanation_error < 1e-6,
    });
  return lines;
}

/** `63 of 72, 88 % [78, 93]`. */
export function proportionText({ hits, of, share, low, high }: Proportion): string {
  return of === 0 ? 'none' : `${hits} of ${of}, ${(100 * share).toFixed(0)} % [${(100 * low).toFixed(0)}, ${(100 * high).toFixed(0)}]`;
}

/** `0.41 [0.30, 0.55]`. */
export function rateText({ rate, low, high }: Rate): string {
  return `${rate.toFixed(2)} [${low.toFixed(2)}, ${Number.isFinite(high) ? high.toFixed(2) : '…'}]`;
}

function campaignLines(judged: Evaluation, labels: readonly LabelledCampaign[], runs: ReadonlyMap<string, JudgedTenant>): CampaignLine[] {
  return judged.campaigns.map((result: CampaignResult, i) => {
    const label = labels[i];
    const run = runs.get(result.tenant);
    const traffic = run?.traffic?.get(result.campaign);
    const at = result.delay === undefined ? undefined : Date.parse(label.start) + result.delay;
    return {
      campaign: result.campaign,
      tenant: result.tenant,
      kind: run?.kind,
      scenario: result.scenario,
      group: groupOf(label.scenario),
      intensity: result.intensity,
      found: result.delay !== undefined,
      delay: result.delay,
      events: traffic === undefined || at === undefined ? undefined : upTo(traffic.times, at),
      share: traffic?.share,
      size: traffic?.wanted ?? result.intensity,
      seen_by_z: traffic?.seenByZ,
    };
  });
}

/** How many of the sorted times are at most `at`. */
export function upTo(times: Float64Array, at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function recallOf(lines: readonly { found: boolean }[]): Proportion {
  return wilson(lines.filter(({ found }) => found).length, lines.length);
}

function delaysOf(lines: readonly CampaignLine[]): number[] {
  return lines.flatMap(({ delay }) => (delay === undefined ? [] : [delay]));
}

function timeLine(
  of: readonly CampaignLine[],
  goal: number | undefined,
): Pick<ScenarioLine, 'delay' | 'events' | 'goal' | 'met' | 'in_time'> {
  const delay = quartiles(delaysOf(of));
  const events = quartiles(of.flatMap((line) => (line.events === undefined ? [] : [line.events])));
  if (goal === undefined) return { delay, events, goal, met: undefined, in_time: undefined };
  const inTime = of.filter((line) => line.delay !== undefined && line.delay <= goal).length;
  return { delay, events, goal, met: delay !== undefined && delay.median <= goal, in_time: wilson(inTime, of.length) };
}

function scenarioNames(lines: readonly CampaignLine[]): string[] {
  return [...new Set(lines.map(({ scenario }) => scenario))].sort(
    (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : a > b ? 1 : 0),
  );
}

function kindLines(lines: readonly CampaignLine[]): RunReport['low_and_slow_kinds'] {
  return [...new Set(lines.map(({ kind }) => kind ?? ''))].sort().map((kind) => {
    const of = lines.filter((line) => (line.kind ?? '') === kind);
    return {
      kind,
      all: recallOf(of),
      seen_by_z: of.filter((line) => line.seen_by_z === true).length,
      unseen: recallOf(of.filter((line) => line.seen_by_z === false)),
    };
  });
}

function falseIncidents(
  judged: Evaluation,
  incidents: readonly IncidentRecord[],
  tenants: readonly JudgedTenant[],
): { all: FalseIncident[]; attributions: ReturnType<typeof attribute>[] } {
  const records = new Map(incidents.map((incident) => [incident.incident_id, incident]));
  const byName = new Map(tenants.map((tenant) => [tenant.tenant, tenant]));
  const attributions: ReturnType<typeof attribute>[] = [];
  const all = judged.incidents.flatMap<FalseIncident>((result) => {
    const record = records.get(result.incident);
    if (result.class !== 'false' || record === undefined) return [];
    const tenant = byName.get(record.tenant);
    const attribution = attribute(record, tenant?.benign ?? []);
    attributions.push(attribution);
    const named = (tenant?.benign ?? []).filter(({ id }) => attribution.notes.includes(id)).map(({ name }) => name);
    return [
      {
        incident: record.incident_id,
        tenant: record.tenant,
        kind: tenant?.kind,
        severity: record.severity,
        score: record.score,
        title: record.title,
        summary: record.summary,
        entity: record.entity,
        actors: record.actors.map(({ kind, id }) => `${kind} ${id}`),
        detectors: record.detectors,
        started_at: record.started_at,
        ended_at: record.ended_at,
        attributed: [...new Set(named)].sort(),
        meanwhile: attribution.meanwhile,
      },
    ];
  });
  return { all, attributions };
}

function countIn(all: readonly FalseIncident[], { tenant }: JudgedTenant): number {
  return all.filter((one) => one.tenant === tenant).length;
}

/** False incidents by the day of the run on which they were detected; a tenant's last day may be a part of one. */
function byDay(
  tenants: readonly JudgedTenant[],
  judged: Evaluation,
  incidents: readonly IncidentRecord[],
): RunReport['false_incidents']['by_day'] {
  const detected = new Map(incidents.map((incident) => [incident.incident_id, Date.parse(incident.detected_at)]));
  const days = Math.ceil(Math.max(0, ...tenants.map(daysOf)));
  return Array.from({ length: days }, (_, day) => ({
    day,
    rate: rateOf(
      tenants.map((tenant) => {
        const from = tenant.start + day * DAY_MS;
        // what is detected in the lateness after the end belongs to the last day
        const last = from + DAY_MS >= tenant.end;
        const count = judged.incidents.filter((one) => {
          if (one.class !== 'false' || one.tenant !== tenant.tenant) return false;
          const at = Math.max(tenant.start, detected.get(one.incident) ?? 0);
          return at >= from && (at < from + DAY_MS || (last && from < tenant.end));
        }).length;
        return { count, of: Math.max(0, Math.min(DAY_MS, tenant.end - from)) / DAY_MS };
      }),
    ),
  }));
}

function sweepOf(lines: readonly CampaignLine[]): SweepLine[] {
  const known = lines.flatMap((line) => (line.size === undefined ? [] : [{ ...line, size: line.size }]));
  const sizes = [...new Set(known.map(({ size }) => size))].sort((a, b) => a - b);
  if (sizes.length < 2) return [];
  return (['all', ...GROUPS] as const).flatMap((of) => {
    const some = known.filter(({ group }) => of === 'all' || group === of);
    if (some.length === 0) return [];
    return {
      of,
      points: sizes
        .map((size) => ({ size, recall: recallOf(some.filter((line) => line.size === size)) }))
        .filter(({ recall }) => recall.of > 0),
      half: halfway(some.map(({ size, found }) => ({ intensity: size, found }))),
    };
  });
}
