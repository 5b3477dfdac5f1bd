import { wilson } from '../../models/evaluation/wilson.ts';
import { Random } from '../../services/simulation/random.ts';
import type { TenantOutcome } from './leave-one-out-tenant.ts';

/** Draws of the bootstrap, and the part of them that an interval leaves out on either side. */
const DRAWS = 2000;
const OUTSIDE = 0.025;
/** The variant that all others are compared with, at the budget whose false incidents the others have to match. */
const REFERENCE = { variant: 'baselines', budget: 1 };

export interface Interval {
  value: number;
  low: number;
  high: number;
}

export interface VariantComparison {
  variant: string;
  /** at each budget as it was configured */
  budgets: { budget: number; falsePerDay: number; recall: number }[];
  /** budget between those that were run at which it has the reference's false incidents a tenant-day */
  matched: { budget: number; falsePerDay: number; recall: number };
  /** recall at the matched budget less the reference's, with a 95 % interval by a bootstrap over tenants */
  difference: Interval;
  byScenario: { scenario: string; of: number; hits: number; low: number; high: number; difference: Interval }[];
  /** false incidents a tenant-day at the matched budget by what was behind them */
  falseByNote: Record<string, number>;
}

/** Runs of one variant: by budget, the outcomes of each tenant. */
type Runs = Map<number, Map<string, TenantOutcome>>;

/**
 * Compares variants at the same number of false incidents: between two budgets that were run, found campaigns and false
 * incidents are interpolated. Differences are paired (the same campaigns), intervals from resampled tenants, each draw
 * matched anew.
 */
export function compareVariants(outcomes: readonly TenantOutcome[], budgets: readonly number[]): VariantComparison[] {
  const runs = new Map<string, Runs>();
  for (const outcome of outcomes) {
    const of = runs.get(outcome.variant) ?? new Map<number, Map<string, TenantOutcome>>();
    runs.set(outcome.variant, of);
    const at = of.get(outcome.budget) ?? new Map<string, TenantOutcome>();
    of.set(outcome.budget, at);
    at.set(outcome.tenant, outcome);
  }
  const reference = runs.get(REFERENCE.variant) as Runs;
  const tenants = [...(reference.get(REFERENCE.budget) as Map<string, TenantOutcome>).keys()].sort();
  const scenarios = [...new Set(outcomes.flatMap(({ campaigns }) => campaigns.map(({ scenario }) => scenario)))].sort(
    (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1),
  );
  return [...runs].map(([variant, of]) => {
    const wanted = falsePerDay(reference, tenants, REFERENCE.budget);
    const at = match(of, tenants, budgets, wanted);
    const random = new Random(1, 'bootstrap', variant);
    const draws = Array.from({ length: variant === REFERENCE.variant ? 0 : DRAWS }, () => {
      const drawn = tenants.map(() => random.pick(tenants));
      const place = match(of, drawn, budgets, falsePerDay(reference, drawn, REFERENCE.budget));
      return differencesOf(of, place, reference, drawn, scenarios);
    });
    const now = differencesOf(of, at, reference, tenants, scenarios);
    const interval = (value: number, all: readonly number[]): Interval => {
      const sorted = all.filter((one) => !Number.isNaN(one)).sort((a, b) => a - b);
      const quantile = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? value;
      return { value, low: quantile(OUTSIDE), high: quantile(1 - OUTSIDE) };
    };
    return {
      variant,
      budgets: budgets.map((budget) => ({
        budget,
        falsePerDay: falsePerDay(of, tenants, budget),
        recall: recallOf(of, { low: budget, high: budget, part: 0 }, tenants),
      })),
      matched: { budget: at.low ** (1 - at.part) * at.high ** at.part, falsePerDay: wanted, recall: recallOf(of, at, tenants) },
      difference: interval(
        now.all,
        draws.map(({ all }) => all),
      ),
      byScenario: scenarios.map((scenario, s) => {
        const { hits, of: total } = hitsOf(of, at, tenants, scenario);
        const { low, high } = wilson(hits, total);
        return {
          scenario,
          of: total,
          hits,
          low,
          high,
          difference: interval(
            now.by[s],
            draws.map(({ by }) => by[s]),
          ),
        };
      }),
      falseByNote: notesOf(of, at, tenants),
    };
  });
}

/** A place between two budgets. */
interface Place {
  low: number;
  high: number;
  /** 0: at the lower one, 1: at the higher one */
  part: number;
}

function falsePerDay(runs: Runs, tenants: readonly string[], budget: number): number {
  const at = runs.get(budget) as Map<string, TenantOutcome>;
  let days = 0;
  let wrong = 0;
  for (const tenant of tenants) {
    const { days: d, falseIncidents } = at.get(tenant) as TenantOutcome;
    days += d;
    wrong += falseIncidents;
  }
  return wrong / days;
}

/** Where a variant has so many false incidents; the nearest end of the budgets when it is nowhere. */
function match(runs: Runs, tenants: readonly string[], budgets: readonly number[], wanted: number): Place {
  const rates = budgets.map((budget) => falsePerDay(runs, tenants, budget));
  if (wanted <= rates[0]) return { low: budgets[0], high: budgets[0], part: 0 };
  for (let b = 1; b < budgets.length; b++) {
    if (wanted > rates[b]) continue;
    return {
      low: budgets[b - 1],
      high: budgets[b],
      part: rates[b] > rates[b - 1] ? (wanted - rates[b - 1]) / (rates[b] - rates[b - 1]) : 1,
    };
  }
  const last = budgets[budgets.length - 1];
  return { low: last, high: last, part: 0 };
}

function hitsOf(runs: Runs, { low, high, part }: Place, tenants: readonly string[], scenario?: string): { hits: number; of: number } {
  let hits = 0;
  let of = 0;
  for (const tenant of tenants) {
    const a = (runs.get(low) as Map<string, TenantOutcome>).get(tenant) as TenantOutcome;
    const b = (runs.get(high) as Map<string, TenantOutcome>).get(tenant) as TenantOutcome;
    a.campaigns.forEach((campaign, i) => {
      if (scenario !== undefined && campaign.scenario !== scenario) return;
      of++;
      hits += (1 - part) * Number(campaign.found) + part * Number(b.campaigns[i].found);
    });
  }
  return { hits, of };
}

function recallOf(runs: Runs, place: Place, tenants: readonly string[], scenario?: string): number {
  const { hits, of } = hitsOf(runs, place, tenants, scenario);
  return hits / of;
}

function differencesOf(
  runs: Runs,
  place: Place,
  reference: Runs,
  tenants: readonly string[],
  scenarios: readonly string[],
): { all: number; by: number[] } {
  const base: Place = { low: REFERENCE.budget, high: REFERENCE.budget, part: 0 };
  const difference = (scenario?: string): number => recallOf(runs, place, tenants, scenario) - recallOf(reference, base, tenants, scenario);
  return { all: difference(), by: scenarios.map((scenario) => difference(scenario)) };
}

function notesOf(runs: Runs, { low, high, part }: Place, tenants: readonly string[]): Record<string, number> {
  const sums: Record<string, number> = {};
  let days = 0;
  for (const tenant of tenants) {
    for (const [budget, weight] of [
      [low, 1 - part],
      [high, part],
    ] as const) {
      const outcome = (runs.get(budget) as Map<string, TenantOutcome>).get(tenant) as TenantOutcome;
      days += weight * outcome.days;
      for (const [note, n] of Object.entries(outcome.falseByNote)) sums[note] = (sums[note] ?? 0) + weight * n;
    }
  }
  return Object.fromEntries(
    Object.entries(sums)
      .sort((a, b) => b[1] - a[1])
      .map(([note, n]) => [note, n / days]),
  );
}

/** Tables for people. */
export function printComparison(comparison: readonly VariantComparison[]): void {
  const percent = (share: number): string => (Number.isNaN(share) ? '' : `${(100 * share).toFixed(1)}`);
  const signed = ({ value, low, high }: Interval): string =>
    Number.isNaN(value) ? '' : `${value >= 0 ? '+' : ''}${percent(value)} [${percent(low)}, ${percent(high)}]`;
  for (const { variant, budgets, matched, difference } of comparison) {
    console.log(
      `${variant.padEnd(12)} ${budgets.map(({ budget, falsePerDay: f, recall }) => `budget ${budget}: ${f.toFixed(2)} false a day, recall ${percent(recall)} %`).join('; ')}`,
    );
    console.log(
      `${''.padEnd(12)} at ${matched.falsePerDay.toFixed(2)} false a day (budget ${matched.budget.toFixed(2)}): recall ${percent(matched.recall)} %, difference ${signed(difference)}`,
    );
  }
  console.log(
    `\n${'scenario, recall in % at the same false incidents'.padEnd(50)}${comparison.map(({ variant }) => variant.padEnd(26)).join('')}`,
  );
  comparison[0].byScenario.forEach(({ scenario, of }, s) => {
    const cells = comparison.map(({ byScenario, variant }) => {
      const one = byScenario[s];
      return variant === REFERENCE.variant
        ? `${percent(one.hits / of)} [${percent(one.low)}, ${percent(one.high)}]`
        : `${percent(one.hits / of)} (${signed(one.difference)})`;
    });
    console.log(`${`${scenario} (${of})`.padEnd(50)}${cells.map((cell) => cell.padEnd(26)).join('')}`);
  });
  console.log('\nfalse incidents a tenant-day by what is behind them');
  for (const { variant, falseByNote } of comparison) {
    console.log(
      `${variant.padEnd(12)} ${Object.entries(falseByNote)
        .map(([note, n]) => `${note} ${n.toFixed(3)}`)
        .join(', ')}`,
    );
  }
}
