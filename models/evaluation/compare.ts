import type { Comparator, ComparatorAlert } from '../comparators/contract.ts';
import { comparatorIncidents } from '../comparators/incidents.ts';
import type { ComparatorLine } from './evaluation-report.ts';
import { GOALS, groupOf } from './goals.ts';
import type { Chance } from './incidents.ts';
import { chanceRecall, evaluateIncidents } from './incidents.ts';
import type { JudgedTenant } from './judged-tenant.ts';
import { daysOf } from './judged-tenant.ts';
import { rateOf } from './rate.ts';
import { wilson } from './wilson.ts';

/** What a comparator says of itself, and its alerts from below its published threshold on, by tenant. */
export interface ComparatorRun extends Pick<Comparator, 'name' | 'title' | 'source' | 'threshold'> {
  alerts: ReadonlyMap<string, readonly ComparatorAlert[]>;
}

/** How one comparator did on one tenant at one threshold. */
interface Outcome {
  tenant: JudgedTenant;
  falseIncidents: number;
  found: { all: number; lowAndSlow: number };
  chance: Chance;
}

/** Thresholds of a sweep keep so many times the alerts of the one before, from the strongest alert down. */
const STEP = 1.4;

/**
 * Rows of the table of comparators, judged by the rules that hold for Weir: at their published defaults, and at the lowest
 * threshold that keeps the goal of false incidents. That one is chosen on one half of the tenants and judged on the other,
 * both ways, so that no threshold is chosen on what it is judged by.
 */
export function compare(tenants: readonly JudgedTenant[], comparators: readonly ComparatorRun[]): ComparatorLine[] {
  const halves = halvesOf(tenants);
  return comparators.flatMap((comparator) => {
    const at = (threshold: number, of: readonly JudgedTenant[]) => of.map((tenant) => outcome(comparator, tenant, threshold));
    const lines = [line(comparator, 'defaults', at(comparator.threshold, tenants))];
    if (halves.every((half) => half.length > 0)) {
      const thresholds = halves.map((_, i) => swept(comparator, halves[1 - i]));
      const outcomes = halves.flatMap((half, i) => at(thresholds[i], half));
      lines.push({ ...line(comparator, 'swept', outcomes), thresholds });
    }
    return lines;
  });
}

/** Weir's own row. */
export function ownLine(title: string, tenants: readonly JudgedTenant[]): ComparatorLine {
  const outcomes = tenants.map((tenant) => judged(tenant, tenant.incidents));
  return line({ name: 'weir', title, source: '' }, 'defaults', outcomes);
}

/** Every other tenant of each kind. */
function halvesOf(tenants: readonly JudgedTenant[]): [JudgedTenant[], JudgedTenant[]] {
  const halves: [JudgedTenant[], JudgedTenant[]] = [[], []];
  const seen = new Map<string, number>();
  for (const tenant of tenants) {
    const n = seen.get(tenant.kind ?? '') ?? 0;
    seen.set(tenant.kind ?? '', n + 1);
    halves[n % 2].push(tenant);
  }
  return halves;
}

/** The lowest threshold at and above which the goal of false incidents is kept on these tenants; infinite where none is. */
function swept(comparator: ComparatorRun, tenants: readonly JudgedTenant[]): number {
  const alerts = tenants.flatMap(({ tenant }) => comparator.alerts.get(tenant) ?? []);
  const days = tenants.reduce((sum, tenant) => sum + daysOf(tenant), 0);
  let lowest = Number.POSITIVE_INFINITY;
  for (const threshold of thresholdsOf(alerts)) {
    const wrong = tenants.reduce((sum, tenant) => sum + outcome(comparator, tenant, threshold).falseIncidents, 0);
    if (wrong > GOALS.falsePerTenantDay * days) break;
    lowest = threshold;
  }
  return lowest;
}

/** Scores of the 1st, 2nd, 3rd, 5th, 8th … strongest alert, and of the weakest. */
function thresholdsOf(alerts: readonly ComparatorAlert[]): number[] {
  const scores = alerts.map(({ score }) => score).sort((a, b) => b - a);
  const chosen = new Set<number>();
  for (let rank = 1; rank <= scores.length; rank = Math.max(rank + 1, Math.round(rank * STEP))) chosen.add(scores[rank - 1]);
  if (scores.length > 0) chosen.add(scores[scores.length - 1]);
  return [...chosen];
}

function outcome(comparator: ComparatorRun, tenant: JudgedTenant, threshold: number): Outcome {
  return judged(tenant, comparatorIncidents(comparator, comparator.alerts.get(tenant.tenant) ?? [], threshold));
}

function judged(tenant: JudgedTenant, incidents: JudgedTenant['incidents']): Outcome {
  const { campaigns, falseIncidents } = evaluateIncidents(incidents, [], tenant.campaigns, { tenantDays: daysOf(tenant) });
  const found = tenant.campaigns.filter((_, i) => campaigns[i].delay !== undefined);
  return {
    tenant,
    falseIncidents,
    found: { all: found.length, lowAndSlow: found.filter(isLowAndSlow).length },
    chance: chanceRecall(incidents, tenant.campaigns, new Map([[tenant.tenant, tenant]])),
  };
}

function isLowAndSlow({ scenario }: JudgedTenant['campaigns'][number]): boolean {
  return groupOf(scenario) === 'low-and-slow';
}

function line(
  { name, title, source }: Pick<Comparator, 'name' | 'title' | 'source'>,
  at: ComparatorLine['at'],
  outcomes: readonly Outcome[],
): ComparatorLine {
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0);
  return {
    name,
    title,
    source,
    at,
    recall: wilson(
      sum(({ found }) => found.all),
      sum(({ tenant }) => tenant.campaigns.length),
    ),
    chance:
      sum(({ chance }) => chance.recall * chance.campaigns) /
      Math.max(
        1,
        sum(({ chance }) => chance.campaigns),
      ),
    low_and_slow: wilson(
      sum(({ found }) => found.lowAndSlow),
      sum(({ tenant }) => tenant.campaigns.filter(isLowAndSlow).length),
    ),
    false_incidents: rateOf(outcomes.map(({ tenant, falseIncidents }) => ({ count: falseIncidents, of: daysOf(tenant) }))),
  };
}
