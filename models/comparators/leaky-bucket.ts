import type { ComparatorAlert, PlainEvent, PlainRule, RuleKind, RuleOptions } from './contract.ts';
import { RecencyMap } from './recency-map.ts';

/** Addresses that a rule keeps a bucket for. */
const MOST_BUCKETS = 50_000;
/** Distinct values that a bucket remembers. */
const MOST_VALUES = 10_000;
/** An alert is closed at the latest after this, so that a bucket that never empties does not make one alert of a week. */
const LONGEST_MS = 3_600_000;

/** What a leaky bucket is made of. */
export interface BucketRule {
  /** events that the bucket holds; one more overflows it */
  capacity: number;
  /** an event leaks every so many ms */
  leakMs: number;
  /** the bucket that an event is poured into; undefined: into none */
  key(event: PlainEvent): string | undefined;
  /** poured once per value while the bucket lives; undefined: every event is poured */
  distinct?(event: PlainEvent): string;
}

interface Bucket {
  source: string;
  level: number;
  /** when it was last poured into, ms */
  last: number;
  values: Set<string> | undefined;
  start: number;
  /** when it first held more than the floor, ms; undefined: not yet */
  crossed: number | undefined;
  /** when it first held more than its capacity, ms; undefined: not yet */
  overflowed: number | undefined;
  peak: number;
}

/**
 * Leaky buckets: an event adds one, one leaks every `leakMs`, more than `capacity` is an overflow. CrowdSec empties a
 * bucket that overflows and keeps silent for a minute; here the level goes on rising until the bucket has emptied (an
 * hour at most), which overflows exactly when the other does and gives the alert a score to sweep by: peak / capacity.
 * A score above 1 is the published verdict.
 */
export class LeakyBuckets implements PlainRule {
  private readonly tenant: string;
  private readonly rule: BucketRule;
  private readonly floor: number;
  private readonly buckets: RecencyMap<Bucket>;
  private readonly alerts: ComparatorAlert[] = [];
  private now = Number.NEGATIVE_INFINITY;

  constructor(tenant: string, rule: BucketRule, { floor }: RuleOptions) {
    this.tenant = tenant;
    this.rule = rule;
    this.floor = floor;
    this.buckets = new RecencyMap(MOST_BUCKETS, (_, bucket) => this.close(bucket));
  }

  take(event: PlainEvent): void {
    if (event.time > this.now) this.now = event.time;
    const key = this.rule.key(event);
    if (key === undefined) return;
    const { now } = this;
    const { capacity, leakMs } = this.rule;
    const bucket = this.buckets.touch(key, () => ({ source: event.source, ...emptyBucket(now) }));
    // it lives for as long as a full one takes to empty
    if (now - bucket.last > (capacity + 1) * leakMs || now - bucket.start > LONGEST_MS) this.renew(bucket, now);
    if (this.rule.distinct !== undefined) {
      const value = this.rule.distinct(event);
      bucket.values ??= new Set();
      if (bucket.values.has(value) || bucket.values.size >= MOST_VALUES) return;
      bucket.values.add(value);
    }
    bucket.level = Math.max(0, bucket.level - (now - bucket.last) / leakMs) + 1;
    bucket.last = now;
    if (bucket.level > bucket.peak) bucket.peak = bucket.level;
    if (bucket.level > this.floor * capacity) bucket.crossed ??= now;
    if (bucket.level > capacity) bucket.overflowed ??= now;
  }

  end(): ComparatorAlert[] {
    for (const [, bucket] of this.buckets) this.close(bucket);
    this.buckets.clear();
    return this.alerts;
  }

  private renew(bucket: Bucket, now: number): void {
    this.close(bucket);
    const level = Math.max(0, bucket.level - (now - bucket.last) / this.rule.leakMs);
    Object.assign(bucket, emptyBucket(now), { level });
  }

  private close({ source, start, last, crossed, overflowed, peak }: Bucket): void {
    if (crossed === undefined) return;
    this.alerts.push({
      tenant: this.tenant,
      entity: { kind: 'source', id: source },
      actors: [],
      start,
      end: last,
      detectedAt: overflowed ?? crossed,
      score: peak / this.rule.capacity,
    });
  }
}

function emptyBucket(now: number): Omit<Bucket, 'source'> {
  return { level: 0, last: now, values: undefined, start: now, crossed: undefined, overflowed: undefined, peak: 0 };
}

/** The smallest number above 1: a full bucket has not overflowed. */
const OVERFLOW = 1 + Number.EPSILON;
const STATIC = /\.(?:jpe?g|png|gif|ico|svg|webp|css|js|mjs|map|woff2?|ttf|eot|otf|tiff?|mp[34]|webm)$/i;
const GET = /^(?:GET|HEAD) ([^/ ]*)/;

/** Five failures an address, one leaks in ten seconds. */
export const FAILURE_BUCKET: RuleKind = {
  name: 'failures-per-address',
  title: 'leaky bucket per address: 5 failures, one leaks in 10 s',
  source: 'CrowdSec hub, crowdsecurity/http-generic-bf: capacity 5, leakspeed 10s, grouped by source address',
  threshold: OVERFLOW,
  create: (tenant, options) =>
    new LeakyBuckets(tenant, { capacity: 5, leakMs: 10_000, key: (event) => (event.failed ? event.source : undefined) }, options),
};

/** Forty distinct paths an address and host, one leaks in half a second. Only GET and HEAD, no static files. */
export const CRAWL_BUCKET: RuleKind = {
  name: 'paths-per-address',
  title: 'leaky bucket per address: 40 distinct paths, one leaks in 0.5 s',
  source:
    'CrowdSec hub, crowdsecurity/http-crawl-non_statics: capacity 40, leakspeed 0.5s, distinct file names of GET and HEAD requests for what is not static, grouped by source address and host',
  threshold: OVERFLOW,
  create: (tenant, options) =>
    new LeakyBuckets(
      tenant,
      {
        capacity: 40,
        leakMs: 500,
        key: (event) => {
          const host = GET.exec(event.interface)?.[1];
          return host === undefined || STATIC.test(event.path) ? undefined : `${event.source} ${host}`;
        },
        distinct: (event) => event.path,
      },
      options,
    ),
};
