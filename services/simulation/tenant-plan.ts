import { WeirError } from '../core/errors.ts';
import { DAY } from '../core/watermark.ts';
import { benignOf, findBenign } from './benign/list.ts';
import type { CalendarDays, TenantKind, TenantPlan } from './plan.ts';
import { Random } from './random.ts';
import { findScenario } from './scenarios/list.ts';

export interface TenantPlanOptions {
  name?: string;
  /** ms UTC; default 2026-03-02, a Monday */
  start?: number;
  days?: number;
  accounts?: number;
  eventsPerDay?: number;
  time_zone?: string;
  country?: string;
  calendar?: CalendarDays;
  scenarios?: { scenario: string; intensity?: number; share?: number; at?: number }[];
  /** 'all': those that suit the kind and the number of days */
  hardNegatives?: 'all' | string[];
  /** offices: reached from the internet; default: a third of the seeds */
  portal?: boolean;
}

const PLACES = [
  ['Asia/Shanghai', 'CN'],
  ['Europe/Berlin', 'DE'],
  ['America/New_York', 'US'],
  ['Europe/London', 'GB'],
  ['Europe/Paris', 'FR'],
  ['Asia/Tokyo', 'JP'],
  ['America/Sao_Paulo', 'BR'],
  ['Asia/Kolkata', 'IN'],
  ['Asia/Singapore', 'SG'],
  ['Australia/Sydney', 'AU'],
  ['America/Los_Angeles', 'US'],
] as const;

const SIZES = {
  consumer: { accounts: 3000, eventsPerDay: 40_000 },
  partners: { accounts: 60, eventsPerDay: 30_000 },
  office: { accounts: 300, eventsPerDay: 25_000 },
  network: { accounts: 150, eventsPerDay: 20_000 },
} as const;

/** 2026-03-02T00:00:00Z, a Monday. */
export const DEFAULT_START = Date.UTC(2026, 2, 2);

/**
 * A tenant's plan with everything unsaid drawn from the seed.
 * Throws `usage` on a scenario or hard negative that does not exist or does not suit the kind.
 */
export function tenantPlan(kind: TenantKind, seed: number, options: TenantPlanOptions = {}): TenantPlan {
  const random = new Random(seed, 'plan', kind);
  const place = random.pick(PLACES);
  const days = options.days ?? 7;
  const time_zone = options.time_zone ?? place[0];
  const country = options.country ?? PLACES.find((known) => known[0] === time_zone)?.[1] ?? place[1];
  const hardNegatives = options.hardNegatives === 'all' ? benignOf(kind, days) : (options.hardNegatives ?? []);
  for (const name of hardNegatives) checkSuits(findBenign(name), kind, days);
  const scenarios = (options.scenarios ?? []).map((request) => ({ ...request, intensity: request.intensity ?? 1 }));
  for (const request of scenarios) {
    checkSuits(findScenario(request.scenario), kind, days);
    if (!(request.intensity > 0 && request.intensity <= 10)) {
      throw new WeirError('usage', `intensity of ${request.scenario} is ${request.intensity}, it must be above 0 and at most 10`);
    }
    if (request.share !== undefined && !(request.share > 0 && request.share < 1)) {
      throw new WeirError('usage', `share of ${request.scenario} is ${request.share}, it must be above 0 and below 1 (100 %)`);
    }
  }
  return {
    name: options.name ?? `${kind}-${seed}`,
    kind,
    seed,
    days,
    time_zone,
    country,
    scenarios,
    hardNegatives,
    start: options.start ?? DEFAULT_START,
    accounts: options.accounts ?? SIZES[kind].accounts,
    portal: options.portal ?? (kind === 'office' && new Random(seed, 'portal', kind).chance(1 / 3)),
    eventsPerDay: options.eventsPerDay ?? SIZES[kind].eventsPerDay,
    calendar: options.calendar ?? (hardNegatives.includes('holiday') ? holidayDays(random, options.start ?? DEFAULT_START, days) : {}),
  };
}

function checkSuits(part: { name: string; kinds: readonly TenantKind[]; days: number }, kind: TenantKind, days: number): void {
  if (!part.kinds.includes(kind)) {
    throw new WeirError('usage', `${part.name} does not exist in a ${kind} tenant, only in: ${part.kinds.join(', ')}`);
  }
  if (days < part.days) throw new WeirError('usage', `${part.name} takes at least ${part.days} days, the plan has ${days}`);
}

/** A holiday on a weekday and a working day on the weekend after or before it. */
function holidayDays(random: Random, start: number, days: number): CalendarDays {
  const text = (day: number): string => new Date(start + day * DAY).toISOString().slice(0, 10);
  const weekday = (day: number): number => new Date(start + day * DAY).getUTCDay();
  const all = Array.from({ length: days }, (_, day) => day);
  const free = random.pick(all.filter((day) => weekday(day) > 0 && weekday(day) < 6));
  const weekend = all.filter((day) => weekday(day) === 0 || weekday(day) === 6);
  const calendar: CalendarDays = { [text(free)]: 'holiday' };
  if (weekend.length > 0) calendar[text(random.pick(weekend))] = 'work';
  return calendar;
}
