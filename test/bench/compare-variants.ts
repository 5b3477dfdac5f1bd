import { wilson } from '../../models/evaluation/wilson.ts';
import { Random } from '../../services/simulation/random.ts';
import type { TenantOutcome } from './leave-one-out-tenant.ts';

/** Draws of the bootstrap, and the part of them that an interval leaves out on either side. */
const DRAWS = 2000;
const OUTSIDE = 0.025;
/** The variant that all others are compared with. */
const REFERENCE = 'baselines';

export interface Interval {
  value: number;
  low: number;
  high: number;
}

export interface VariantComparison {
  variant: string;
  /** at each budget as it was configured; difference to the reference at that budget, false incidents not matched */
  budgets: { budget: number; falsePerDay: number; recall: number; difference: Interval }[];
  /** at the same number of false incidents a tenant-day as the reference has at each budget */
  matched: Matched[];
}

export interface Matched {
  falsePerDay: number;
  /** budget between those that were run at which the variant has so many false incidents */
  budget: number;
  recall: number;
  /** recall less the reference's, with a 95 % interval by a bootstrap over tenants */
  difference: Interval;
  byScenario: { scenario: string; of: number; hits: number; low: number; high: number; difference: Interval }[];
  /** false incidents a tenant-day by what was behind them */
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
  const reference = runs.get(REFERENCE) as Runs;
  const tenants = [...(reference.get(budgets[0]) as Map<string, TenantOutcome>).keys()].sort();
  const scenarios = [...new Set(outcomes.flatMap(({ campaigns }) => campaigns.map(({ scenario }) => scenario)))].sort(
    (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1),
  );
  const draws = variantDraws(tenants);
  return [...runs].map(([variant, of]) => {
    const isReference = variant === REFERENCE;
    /** recall of a variant's place less that of the reference's, on the tenants and on every draw of them */
    const compared = (placeOf: (drawn: readonly string[]) => Place, base: Place): { all: Interval; by: Interval[] } => {
      const differences = (drawn: readonly string[], place: Place): number[] =>
        [undefined, ...scenarios].map((scenario) => recallOf(of, place, drawn, scenario) - recallOf(reference, base, drawn, scenario));
      const now = differences(tenants, placeOf(tenants));
      const drawn = isReference ? [] : draws.map((draw) => differences(draw, placeOf(draw)));
      const [all, ...by] = now.map((value, s) =>
        intervalOf(
          value,
          drawn.map((draw) => draw[s]),
        ),
      );
      return { all, by };
    };
    return {
      variant,
      budgets: budgets.map((budget) => {
        const place = { low: budget, high: budget, part: 0 };
        return {
          budget,
          falsePerDay: falsePerDay(of, tenants, budget),
          recall: recallOf(of, place, tenants),
          difference: compared(() => place, place).all,
        };
      }),
      matched: budgets.map<Matched>((budget) => {
        const base = { low: budget, high: budget, part: 0 };
        const wanted = falsePerDay(reference, tenants, budget);
        const at = match(of, tenants, budgets, wanted);
        const { all, by } = compared((drawn) => match(of, drawn, budgets, falsePerDay(reference, drawn, budget)), base);
        return {
          falsePerDay: wanted,
          budget: at.low ** (1 - at.part) * at.high ** at.part,
          recall: recallOf(of, at, tenants),
          difference: all,
          byScenario: scenarios.map((scenario, s) => {
            const { hits, of: total } = hitsOf(of, at, tenants, scenario);
            const { low, high } = wilson(hits, total);
            return { scenario, of: total, hits, low, high, difference: by[s] };
          }),
          falseByNote: notesOf(of, at, tenants),
        };
      }),
    };
  });
}

/** Tenants drawn with replacement: the same draws for all variants. */
function variantDraws(tenants: readonly string[]): string[][] {
  const random = new Random(1, 'bootstrap');
  return Array.from({ length: DRAWS }, () => tenants.map(() => random.pick(tenants)));
}

function intervalOf(value: number, draws: readonly number[]): Interval {
  const sorted = draws.filter((one) => !Number.isNaN(one)).sort((a, b) => a - b);
  const quantile = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? value;
  return { value, low: quantile(OUTSIDE), high: quantile(1 - OUTSIDE) };
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
  for (const { variant, budgets, matched } of comparison) {
    for (const { budget, falsePerDay: f, recall, difference } of budgets)
      console.log(
        `${variant.padEnd(12)} budget ${budget}: ${f.toFixed(2)} false a day, recall ${percent(recall)} %, difference ${signed(difference)}`,
      );
    for (const { falsePerDay: f, budget, recall, difference } of matched)
      console.log(
        `${variant.padEnd(12)}   at ${f.toFixed(2)} false a day (budget ${budget.toFixed(2)}): recall ${percent(recall)} %, difference ${signed(difference)}`,
      );
  }
  comparison[0].matched.forEach((_, m) => {
    const rate = comparison[0].matched[m].falsePerDay.toFixed(2);
    console.log(
      `\n${`recall in % by scenario at ${rate} false a day`.padEnd(50)}${comparison.map(({ variant }) => variant.padEnd(28)).join('')}`,
    );
    comparison[0].matched[m].byScenario.forEach(({ scenario, of }, s) => {
      const cells = comparison.map(({ variant, matched }) => {
        const one = matched[m].byScenario[s];
        return variant === REFERENCE
          ? `${percent(one.hits / of)} [${percent(one.low)}, ${percent(one.high)}]`
          : `${percent(one.hits / of)} (${signed(one.difference)})`;
      });
      console.log(`${`${scenario} (${of})`.padEnd(50)}${cells.map((cell) => cell.padEnd(28)).join('')}`);
    });
    for (const { variant, matched } of comparison) {
      const notes = Object.entries(matched[m].falseByNote).map(([note, n]) => `${note} ${n.toFixed(3)}`);
      console.log(`false a day, ${variant}: ${notes.join(', ')}`);
    }
  });
}
