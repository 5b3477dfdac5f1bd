import type { ComparatorAlert, PlainEvent, PlainRule, RuleKind, RuleOptions } from './contract.ts';
import { RecencyMap } from './recency-map.ts';

/** Distinct values within five minutes that alert. */
const LIMIT = 50;
const WINDOW_MS = 300_000;
/** An alert is closed at the latest after this. */
const LONGEST_MS = 3_600_000;
const MOST_ADDRESSES = 50_000;
/** Values that an address is remembered with. */
const MOST_VALUES = 2_000;

interface Address {
  source: string;
  /** last time of each value, the oldest first */
  values: Map<string, number>;
  open: { start: number; end: number; detectedAt: number; crossed: boolean; peak: number } | undefined;
}

/**
 * Distinct values (user names, phone numbers, object ids) that one address asks for within the last five minutes. The
 * score is their largest number / 50; it alerts from 1 on.
 */
export class DistinctValues implements PlainRule {
  private readonly tenant: string;
  private readonly least: number;
  private readonly addresses: RecencyMap<Address>;
  private readonly alerts: ComparatorAlert[] = [];
  private now = Number.NEGATIVE_INFINITY;

  constructor(tenant: string, { floor }: RuleOptions) {
    this.tenant = tenant;
    this.least = floor * LIMIT;
    this.addresses = new RecencyMap(MOST_ADDRESSES, (_, address) => this.close(address));
  }

  take(event: PlainEvent): void {
    if (event.time > this.now) this.now = event.time;
    const value = carriedValue(event);
    if (value === undefined) return;
    const { now } = this;
    const address = this.addresses.touch(event.source, () => ({ source: event.source, values: new Map(), open: undefined }));
    const { values } = address;
    values.delete(value);
    values.set(value, now);
    for (const [old, at] of values) {
      if (now - at <= WINDOW_MS && values.size <= MOST_VALUES) break;
      values.delete(old);
    }
    const { open } = address;
    if (open !== undefined && (now - open.end > WINDOW_MS || now - open.start > LONGEST_MS)) this.close(address);
    if (values.size < this.least) return;
    address.open ??= { start: Math.max(now - WINDOW_MS, firstOf(values)), end: now, detectedAt: now, crossed: false, peak: 0 };
    if (values.size >= LIMIT && !address.open.crossed) {
      address.open.crossed = true;
      address.open.detectedAt = now;
    }
    address.open.end = now;
    address.open.peak = Math.max(address.open.peak, values.size);
  }

  end(): ComparatorAlert[] {
    for (const [, address] of this.addresses) this.close(address);
    this.addresses.clear();
    return this.alerts;
  }

  private close(address: Address): void {
    const { source, open } = address;
    address.open = undefined;
    if (open === undefined) return;
    const { start, end, detectedAt, peak } = open;
    this.alerts.push({
      tenant: this.tenant,
      entity: { kind: 'source', id: source },
      actors: [],
      start,
      end,
      detectedAt,
      score: peak / LIMIT,
    });
  }
}

/** The value that a request carries: what it hits, else the path where its interface has a place for ids. */
function carriedValue({ value, path, interface: id }: PlainEvent): string | undefined {
  if (value !== '') return `${id} ${value}`;
  return path !== '' && id.includes('{') ? path : undefined;
}

function firstOf(values: Map<string, number>): number {
  for (const at of values.values()) return at;
  return Number.NEGATIVE_INFINITY;
}

/** Fifty distinct values in five minutes from one address. */
export const DISTINCT_VALUES: RuleKind = {
  name: 'values-per-address',
  title: '50 distinct values in 5 minutes from one address',
  source: 'parameter enumeration rule of API threat protection products (Akto): 50 distinct values of one actor in 5 minutes',
  threshold: 1,
  create: (tenant, options) => new DistinctValues(tenant, options),
};
