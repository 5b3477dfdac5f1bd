import { DAY, HOUR } from '../core/watermark.ts';
import { benignOf } from '../simulation/benign/list.ts';
import type { SimulatedFormat } from '../simulation/formats/write-line.ts';
import type { ScenarioRequest, TenantKind, TenantPlan } from '../simulation/plan.ts';
import { TENANT_KINDS } from '../simulation/plan.ts';
import { Random } from '../simulation/random.ts';
import { SCENARIOS } from '../simulation/scenarios/list.ts';
import { DEFAULT_START, tenantPlan } from '../simulation/tenant-plan.ts';

/** Seeds of training tenants begin here; those of evaluations (evaluation seed x 1000 + number) stay far below it. */
export const FIRST_TRAINING_SEED = 20_000_000;
/** Training tenants of one training seed lie this far apart from those of the next: no more tenants than this. */
export const MOST_TENANTS = 1000;

/** A tenant to learn from: its traffic, how its gateway writes, and what its operator told Weir. */
export interface TrainingTenant {
  plan: TenantPlan;
  format: SimulatedFormat;
  /** what the operator left out of the config, to be guessed or done without */
  untold: { tags: boolean; sensitive: boolean; roles: boolean; calendar: boolean };
}

/** Share of tenants with no campaign at all. */
const QUIET_TENANTS = 0.1;
/** Accounts and events a day, log-uniform between these. */
const SIZES: Record<TenantKind, { accounts: [number, number]; eventsPerDay: [number, number] }> = {
  consumer: { accounts: [150, 5000], eventsPerDay: [3_000, 18_000] },
  partners: { accounts: [12, 150], eventsPerDay: [2_500, 12_000] },
  office: { accounts: [60, 1200], eventsPerDay: [2_500, 14_000] },
  network: { accounts: [40, 400], eventsPerDay: [2_500, 12_000] },
};
/** Formats of request logs; nginx's JSON says most and comes most. */
const FORMATS: readonly SimulatedFormat[] = ['nginx-json', 'nginx-json', 'apisix', 'kong', 'envoy-json', 'combined'];
/** Hard negatives that happen to one person and may happen to several. */
const PERSONAL = ['new_phone', 'newcomer', 'traveller', 'vpn_hopper', 'family_device', 'call_centre', 'large_upload', 'nightly_batch'];
/** Days before the first campaign, and after that. */
const CLEAN_DAYS: [number, number] = [1, 8];
const OTHER_DAYS: [number, number] = [2, 4.5];

/**
 * Tenants to train on, drawn so widely that little but behaviour is left to lean on: kinds, sizes, hours, zones, dates,
 * gateways, what the config tells, hard negatives, clean past, number, strength and times of campaigns. Kinds come in
 * proportion to the scenarios that suit them, and scenarios of a kind in turn. The same seed gives the same tenants, and
 * more tenants keep the first ones only if their number is the same.
 * @param seed below 100,000: tenants get seeds from FIRST_TRAINING_SEED + seed x MOST_TENANTS on
 */
export function trainingPlans(seed: number, tenants: number): TrainingTenant[] {
  const random = new Random(seed, 'training');
  const kinds = kindsOf(tenants);
  const turns = new Map<TenantKind, string[]>();
  return kinds.map((kind, number) => {
    const of = new Random(seed, 'training', number);
    return trainingTenant(kind, FIRST_TRAINING_SEED + seed * MOST_TENANTS + number, of, (suiting, chosen) => {
      let turn = turns.get(kind) ?? [];
      let next = turn.findIndex((name) => suiting.includes(name) && !chosen.includes(name));
      if (next < 0) {
        turn = [...turn, ...random.shuffle(SCENARIOS.filter((one) => one.kinds.includes(kind)).map((one) => one.name))];
        next = turn.findIndex((name) => suiting.includes(name) && !chosen.includes(name));
      }
      const [name] = turn.splice(next, 1);
      turns.set(kind, turn);
      return name;
    });
  });
}

/** Kinds in proportion to their scenarios, spread over the list (largest remainder, one at a time). */
function kindsOf(tenants: number): TenantKind[] {
  const weights = TENANT_KINDS.map((kind) => SCENARIOS.filter((one) => one.kinds.includes(kind)).length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const given = weights.map(() => 0);
  return Array.from({ length: tenants }, (_, n) => {
    let most = 0;
    const lack = (k: number): number => ((n + 1) * weights[k]) / total - given[k];
    for (let k = 1; k < weights.length; k++) if (lack(k) > lack(most)) most = k;
    given[most]++;
    return TENANT_KINDS[most];
  });
}

function logUniform(random: Random, [low, high]: [number, number]): number {
  return low * (high / low) ** random.next();
}

function trainingTenant(
  kind: TenantKind,
  seed: number,
  random: Random,
  draw: (suiting: readonly string[], chosen: readonly string[]) => string,
): TrainingTenant {
  const clean = logUniform(random, CLEAN_DAYS);
  const after = random.range(...OTHER_DAYS);
  const days = Math.max(3, Math.round(clean + after));
  const suiting = SCENARIOS.filter((one) => one.kinds.includes(kind) && one.days <= days);
  const scenarios: ScenarioRequest[] = [];
  const start = DEFAULT_START + random.int(200) * DAY;
  const end = start + days * DAY;
  const campaigns = random.chance(QUIET_TENANTS) ? 0 : random.between(2, 5);
  // now and then all at the same time
  const together = random.chance(0.15) ? random.range(clean, days - 1) * DAY : undefined;
  for (let c = 0; c < Math.min(campaigns, suiting.length); c++) {
    const name = draw(
      suiting.map((one) => one.name),
      scenarios.map((one) => one.scenario),
    );
    const scenario = suiting.find((one) => one.name === name)!;
    const drawn = together ?? random.range(clean, days) * DAY;
    const latest = end - Math.min(scenario.span, days * 0.6) * DAY - HOUR;
    scenarios.push({
      scenario: name,
      intensity: logUniform(random, [0.2, 1.5]),
      at: Math.round(Math.max(start + DAY / 2, Math.min(start + drawn, latest))),
    });
  }
  const size = SIZES[kind];
  const plan = tenantPlan(kind, seed, {
    name: `t${seed}`,
    start,
    days,
    accounts: Math.round(logUniform(random, size.accounts)),
    eventsPerDay: Math.round(logUniform(random, size.eventsPerDay)),
    scenarios,
    hardNegatives: hardNegatives(kind, days, random),
  });
  const told = (share: number): boolean => !random.chance(share);
  return {
    plan,
    format: kind === 'network' ? 'zeek-conn' : random.pick(FORMATS),
    untold: { tags: told(0.6), sensitive: told(0.75), roles: told(0.7), calendar: told(0.75) },
  };
}

/** All that suit in a third of the tenants, else a part; those that happen to a person up to three times. */
function hardNegatives(kind: TenantKind, days: number, random: Random): string[] {
  const share = random.chance(1 / 3) ? 1 : random.range(0.1, 0.9);
  return benignOf(kind, days).flatMap((name) => {
    if (!random.chance(share)) return [];
    return Array.from({ length: PERSONAL.includes(name) ? random.between(1, 3) : 1 }, () => name);
  });
}
