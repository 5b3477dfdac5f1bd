import type { ComparatorAlert, PlainEvent, PlainRule, RuleKind, RuleOptions } from './contract.ts';
import { Moments } from './moments.ts';
import { RecencyMap } from './recency-map.ts';

const HOUR_MS = 3_600_000;
/** Hours that z is taken against. */
const TRAILING_HOURS = 168;
/** Hours of an interface that z needs. */
const LEAST_HOURS = 24;
/** The published verdict: z above it. */
const LIMIT = 3;
const MOST_INTERFACES = 20_000;
/** Callers counted in an hour, of whom an alert names the first fifty. */
const MOST_CALLERS = 10_000;
const MOST_ACTORS = 50;

interface Interface {
  requests: number;
  failures: number;
  /** requests by account, else by address, of the running hour */
  callers: Map<string, number>;
  past: { requests: number[]; failures: number[] };
}

/**
 * Requests and failures of an interface's hour (UTC) in standard deviations above the mean of its last 168 hours, those
 * without a request counted. The score is the larger z; it alerts above 3. Names the fifty busiest callers of the hour.
 */
export class InterfaceHours implements PlainRule {
  private readonly tenant: string;
  private readonly least: number;
  private readonly interfaces: RecencyMap<Interface>;
  private readonly alerts: ComparatorAlert[] = [];
  private now = Number.NEGATIVE_INFINITY;

  constructor(tenant: string, { floor }: RuleOptions) {
    this.tenant = tenant;
    this.least = floor * LIMIT;
    this.interfaces = new RecencyMap(MOST_INTERFACES);
  }

  take({ time, interface: id, account, source, failed }: PlainEvent): void {
    if (time > this.now) {
      if (Number.isFinite(this.now)) this.closeHours(time);
      this.now = time;
    }
    const one = this.interfaces.touch(id, () => ({ requests: 0, failures: 0, callers: new Map(), past: { requests: [], failures: [] } }));
    one.requests++;
    if (failed) one.failures++;
    const caller = account === '' ? `s${source}` : `a${account}`;
    if (one.callers.size < MOST_CALLERS || one.callers.has(caller)) one.callers.set(caller, (one.callers.get(caller) ?? 0) + 1);
  }

  end(): ComparatorAlert[] {
    this.closeHours(this.now + HOUR_MS);
    this.interfaces.clear();
    return this.alerts;
  }

  private closeHours(to: number): void {
    const first = Math.floor(this.now / HOUR_MS);
    // a longer gap than z looks back on leaves nothing but empty hours
    const last = Math.min(Math.floor(to / HOUR_MS), first + TRAILING_HOURS + 1);
    for (let hour = first; hour < last; hour++) {
      const end = (hour + 1) * HOUR_MS;
      for (const [id, one] of this.interfaces) this.closeHour(id, one, end);
    }
  }

  private closeHour(id: string, one: Interface, end: number): void {
    const { past, requests, failures } = one;
    if (requests > 0 && past.requests.length >= LEAST_HOURS) {
      const score = Math.max(zOf(past.requests, requests), zOf(past.failures, failures));
      if (score > this.least) {
        this.alerts.push({
          tenant: this.tenant,
          entity: { kind: 'interface', id },
          actors: busiest(one.callers),
          start: end - HOUR_MS,
          end,
          detectedAt: end,
          score,
        });
      }
    }
    for (const [trail, value] of [
      [past.requests, requests],
      [past.failures, failures],
    ] as const) {
      trail.push(value);
      if (trail.length > TRAILING_HOURS) trail.shift();
    }
    one.requests = 0;
    one.failures = 0;
    one.callers.clear();
  }
}

function zOf(past: readonly number[], value: number): number {
  const moments = new Moments();
  for (const one of past) moments.add(one);
  return moments.z(value);
}

function busiest(callers: Map<string, number>): ComparatorAlert['actors'] {
  return [...callers]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MOST_ACTORS)
    .map(([caller]) => ({ kind: caller[0] === 'a' ? 'account' : 'source', id: caller.slice(1) }));
}

/** z-score of an interface's hour. */
export const INTERFACE_HOUR: RuleKind = {
  name: 'z-score-per-interface-and-hour',
  title: 'z-score per interface and hour: z > 3 of requests or failures over the last 7 days',
  source: 'three-sigma rule (Shewhart 1931) on hourly counts, a rolling window of 7 days',
  threshold: LIMIT + 3 * Number.EPSILON,
  create: (tenant, options) => new InterfaceHours(tenant, options),
};
