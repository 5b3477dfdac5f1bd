import type { ComparatorAlert, PlainEvent, PlainRule, RuleKind, RuleOptions } from './contract.ts';
import { RecencyMap } from './recency-map.ts';

const BUCKET_MS = 300_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Days that a limit is learned from. */
const LEARNED_DAYS = 2;
const PERCENTILE = 0.9;
/** What is allowed above the percentile. */
const OVERFLOW = 0.5;
const MOST_INTERFACES = 20_000;
/** Callers of one interface counted in one period. */
const MOST_CALLERS = 50_000;
/** Counts that a day tells apart; larger ones count as this. */
const LARGEST_COUNT = 4_096;
/** Addresses that one alert names. */
const MOST_ACTORS = 50;

interface Interface {
  /** requests by address in the running five minutes */
  callers: Map<string, number>;
  /** how often which count was seen, by day, the newest last: the running day and two before it */
  days: Map<number, number>[];
  /** the alert of the running hour */
  open: { start: number; end: number; detectedAt: number; actors: Map<string, number> } | undefined;
}

/**
 * A rate limit learned for each interface: the 90th percentile of what callers (addresses) send to it in five minutes,
 * learned over the last two whole days, and half of that on top. Nothing is limited before two days were seen. An
 * alert holds the addresses of an hour that went beyond it; its score is the highest count / limit, it alerts above 1.
 */
export class InterfaceRateLimit implements PlainRule {
  private readonly tenant: string;
  private readonly floor: number;
  private readonly interfaces: RecencyMap<Interface>;
  private readonly alerts: ComparatorAlert[] = [];
  private now = Number.NEGATIVE_INFINITY;

  constructor(tenant: string, { floor }: RuleOptions) {
    this.tenant = tenant;
    this.floor = floor;
    this.interfaces = new RecencyMap(MOST_INTERFACES, (id, one) => this.closeAlert(id, one));
  }

  take({ time, interface: id, source }: PlainEvent): void {
    if (time > this.now) {
      if (Number.isFinite(this.now)) this.advance(time);
      this.now = time;
    }
    const { callers } = this.interfaces.touch(id, () => ({ callers: new Map(), days: [new Map()], open: undefined }));
    if (callers.size < MOST_CALLERS || callers.has(source)) callers.set(source, (callers.get(source) ?? 0) + 1);
  }

  end(): ComparatorAlert[] {
    this.advance(Number.POSITIVE_INFINITY);
    for (const [id, one] of this.interfaces) this.closeAlert(id, one);
    this.interfaces.clear();
    return this.alerts;
  }

  /** Closes what ends between the latest time and this one. */
  private advance(to: number): void {
    const { now } = this;
    const bucketEnd = (Math.floor(now / BUCKET_MS) + 1) * BUCKET_MS;
    if (to < bucketEnd) return;
    for (const [id, one] of this.interfaces) this.closeBucket(id, one, bucketEnd);
    if (!Number.isFinite(to)) return;
    const days = Math.floor(to / DAY_MS) - Math.floor(now / DAY_MS);
    if (days === 0) return;
    for (const [, one] of this.interfaces) {
      for (let i = 0; i < Math.min(days, LEARNED_DAYS + 1); i++) one.days.push(new Map());
      one.days.splice(0, one.days.length - (LEARNED_DAYS + 1));
    }
  }

  private closeBucket(id: string, one: Interface, end: number): void {
    const limit = limitOf(one.days);
    const today = one.days[one.days.length - 1];
    for (const [source, count] of one.callers) {
      const counted = Math.min(count, LARGEST_COUNT);
      today.set(counted, (today.get(counted) ?? 0) + 1);
      if (limit !== undefined && count > this.floor * limit) this.over(id, one, source, count / limit, end);
    }
    one.callers.clear();
  }

  private over(id: string, one: Interface, source: string, score: number, end: number): void {
    if (one.open !== undefined && Math.floor(one.open.start / HOUR_MS) !== Math.floor((end - BUCKET_MS) / HOUR_MS))
      this.closeAlert(id, one);
    one.open ??= { start: end - BUCKET_MS, end, detectedAt: end, actors: new Map() };
    const { open } = one;
    open.end = end;
    open.actors.set(source, Math.max(score, open.actors.get(source) ?? 0));
  }

  private closeAlert(id: string, one: Interface): void {
    if (one.open === undefined) return;
    const { start, end, detectedAt, actors } = one.open;
    one.open = undefined;
    const ordered = [...actors].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    this.alerts.push({
      tenant: this.tenant,
      entity: { kind: 'interface', id },
      actors: ordered.slice(0, MOST_ACTORS).map(([source]) => ({ kind: 'source', id: source })),
      start,
      end,
      detectedAt,
      score: ordered[0][1],
    });
  }
}

/** Requests of one caller in five minutes that are allowed; undefined while there are not two whole days. */
function limitOf(days: readonly Map<number, number>[]): number | undefined {
  if (days.length <= LEARNED_DAYS) return undefined;
  const counts = new Map<number, number>();
  let total = 0;
  for (const day of days.slice(0, LEARNED_DAYS)) {
    for (const [count, times] of day) {
      counts.set(count, (counts.get(count) ?? 0) + times);
      total += times;
    }
  }
  if (total === 0) return undefined;
  let seen = 0;
  for (const [count, times] of [...counts].sort((a, b) => a[0] - b[0])) {
    seen += times;
    if (seen >= PERCENTILE * total) return count * (1 + OVERFLOW);
  }
  return undefined;
}

/** The learned rate limit of each interface. */
export const INTERFACE_RATE: RuleKind = {
  name: 'rate-limit-per-interface',
  title: 'learned rate limit per interface: p90 of callers in 5 minutes + 50 %, over 2 days',
  source:
    'Akto, dynamic API rate limits (docs.akto.io, API protection): period of 5 minutes, percentile of what users send to the endpoint, overflow on top, baseline of 2 days; here p90 and 50 %',
  threshold: 1 + Number.EPSILON,
  create: (tenant, options) => new InterfaceRateLimit(tenant, options),
};
