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

/** What a comparator says of itself. */
export type Rule = Pick<Comparator, 'name' | 'title' | 'source' | 'threshold'>;

/** How incidents did on one tenant. */
export interface RuleOutcome {
  falseIncidents: number;
  found: number;
  lowAndSlow: number;
  chance: Chance;
}

const STEP = 1.12;
const BELOW = 6;
/** A rule is judged at these multiples of its published threshold, ascending: half of it to a thousandfold, itself among them. */
export const FACTORS: readonly number[] = Array.from({ length: 70 }, (_, i) => STEP ** (i - BELOW));

/** A rule's outcome on one tenant at each of the factors. */
export function ruleOutcomes(
  rule: Rule,
  alerts: readonly ComparatorAlert[],
  tenant: Pick<JudgedTenant, 'tenant' | 'campaigns' | 'start' | 'end'>,
): RuleOutcome[] {
  const outcomes: RuleOutcome[] = [];
  let left = alerts;
  FACTORS.forEach((factor, i) => {
    const threshold = rule.threshold * factor;
    const next = left.filter(({ score }) => score >= threshold);
    const same = i > 0 && next.length === left.length;
    left = next;
    outcomes.push(same ? outcomes[i - 1] : outcomeOf(comparatorIncidents(rule, next, threshold), tenant));
  });
  return outcomes;
}

/**
 * Rows of the table of comparators, judged by the rules that hold for Weir: at their published defaults, and at the lowest
 * threshold that keeps the goal of false incidents. That one is chosen on one half of the tenants and judged on the other,
 * both ways, so that no threshold is chosen on what it is judged by. Tenants without outcomes of a rule are left out of it.
 */
export function compare(tenants: readonly JudgedTenant[], rules: readonly Rule[]): ComparatorLine[] {
  return rules.flatMap((rule) => {
    const judged = tenants.flatMap((tenant) => {
      const outcomes = tenant.comparators?.get(rule.name);
      return outcomes === undefined ? [] : [{ tenant, outcomes }];
    });
    const at = (of: typeof judged, i: number) => of.map(({ tenant, outcomes }) => ({ tenant, outcome: outcomes[i] }));
    const lines = [line(rule, 'defaults', at(judged, BELOW))];
    const halves = halvesOf(judged);
    if (halves.every((half) => half.length > 0)) {
      const chosen = halves.map((_, i) => swept(halves[1 - i]));
      const outcomes = halves.flatMap((half, i) => at(half, chosen[i]));
      lines.push({ ...line(rule, 'swept', outcomes), thresholds: chosen.map((i) => rule.threshold * FACTORS[i]) });
    }
    return lines;
  });
}

/** Weir's own row. */
export function ownLine(title: string, tenants: readonly JudgedTenant[]): ComparatorLine {
  return line(
    { name: 'weir', title, source: '' },
    'defaults',
    tenants.map((tenant) => ({ tenant, outcome: outcomeOf(tenant.incidents, tenant) })),
  );
}

/** Every other tenant of each kind, beginning with the one half or the other by turns. */
function halvesOf<T extends { tenant: JudgedTenant }>(all: readonly T[]): [T[], T[]] {
  const halves: [T[], T[]] = [[], []];
  const next = new Map<string, number>();
  for (const one of all) {
    const kind = one.tenant.kind ?? '';
    const n = next.get(kind) ?? next.size;
    next.set(kind, n + 1);
    halves[n % 2].push(one);
  }
  return halves;
}

/** The lowest factor at and above which the goal of false incidents is kept on these tenants; the highest where it is not. */
function swept(judged: readonly { tenant: JudgedTenant; outcomes: readonly RuleOutcome[] }[]): number {
  const days = judged.reduce((sum, { tenant }) => sum + daysOf(tenant), 0);
  let lowest = FACTORS.length - 1;
  for (let i = FACTORS.length - 1; i >= 0; i--) {
    const wrong = judged.reduce((sum, { outcomes }) => sum + outcomes[i].falseIncidents, 0);
    if (wrong > GOALS.falsePerTenantDay * days) break;
    lowest = i;
  }
  return lowest;
}

function outcomeOf(
  incidents: JudgedTenant['incidents'],
  tenant: Pick<JudgedTenant, 'tenant' | 'campaigns' | 'start' | 'end'>,
): RuleOutcome {
  const { campaigns, falseIncidents } = evaluateIncidents(incidents, [], tenant.campaigns, { tenantDays: daysOf(tenant) });
  const found = tenant.campaigns.filter((_, i) => campaigns[i].delay !== undefined);
  return {
    falseIncidents,
    found: found.length,
    lowAndSlow: found.filter(isLowAndSlow).length,
    chance: chanceRecall(incidents, tenant.campaigns, new Map([[tenant.tenant, tenant]])),
  };
}

function isLowAndSlow({ scenario }: JudgedTenant['campaigns'][number]): boolean {
  return groupOf(scenario) === 'low-and-slow';
}

function line(
  { name, title, source }: Omit<Rule, 'threshold'>,
  at: ComparatorLine['at'],
  judged: readonly { tenant: JudgedTenant; outcome: RuleOutcome }[],
): ComparatorLine {
  const sum = (of: (one: (typeof judged)[number]) => number): number => judged.reduce((total, one) => total + of(one), 0);
  const moved = sum(({ outcome }) => outcome.chance.campaigns);
  return {
    name,
    title,
    source,
    at,
    recall: wilson(
      sum(({ outcome }) => outcome.found),
      sum(({ tenant }) => tenant.campaigns.length),
    ),
    chance: moved > 0 ? sum(({ outcome }) => outcome.chance.recall * outcome.chance.campaigns) / moved : 0,
    low_and_slow: wilson(
      sum(({ outcome }) => outcome.lowAndSlow),
      sum(({ tenant }) => tenant.campaigns.filter(isLowAndSlow).length),
    ),
    false_incidents: rateOf(judged.map(({ tenant, outcome }) => ({ count: outcome.falseIncidents, of: daysOf(tenant) }))),
  };
}
