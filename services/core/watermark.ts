/**
 * Event time per tenant. A watermark belongs to (tenant, upstream partition); a tenant's time is the minimum over
 * the upstreams it expects, and stands still until each of them has reported. No tenant's time depends on another's.
 */

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** `time`: every event of this upstream with at < time has been sent. Whole minutes, ms since the epoch. */
export interface Watermark {
  tenant: string;
  upstream: string;
  /** how many upstreams the tenant has in all: it does not advance until so many have reported */
  upstreams: number;
  time: number;
}

/** The watermark of an input whose highest event time is `highest`: that minus the lateness, down to the minute. */
export function watermarkOf(highest: number, lateness: number): number {
  return Math.floor((highest - lateness) / MINUTE) * MINUTE;
}

interface TenantTime {
  expected: number;
  upstreams: Map<string, number>;
  time: number;
}

export class WatermarkTracker {
  private readonly tenants = new Map<string, TenantTime>();

  /** Takes a report; returns the tenant's new time when it moved forward, else undefined. */
  report(mark: Watermark): number | undefined {
    const tenant = this.of(mark.tenant);
    tenant.expected = mark.upstreams;
    const before = tenant.upstreams.get(mark.upstream);
    if (before === undefined || mark.time > before) tenant.upstreams.set(mark.upstream, mark.time);
    return this.settle(tenant);
  }

  /** An upstream that is finished or idle no longer holds the tenant back. Returns the tenant's new time if it moved. */
  release(tenantName: string, upstream: string): number | undefined {
    const tenant = this.of(tenantName);
    tenant.upstreams.set(upstream, Number.POSITIVE_INFINITY);
    return this.settle(tenant);
  }

  /** The tenant's time is at least `time` (a silence record, or the flush at the end of all its inputs). */
  raise(tenantName: string, time: number): number | undefined {
    const tenant = this.of(tenantName);
    if (time <= tenant.time) return undefined;
    tenant.time = time;
    return time;
  }

  /** The tenant's time, -Infinity before the first. */
  time(tenant: string): number {
    return this.tenants.get(tenant)?.time ?? Number.NEGATIVE_INFINITY;
  }

  tenantNames(): string[] {
    return [...this.tenants.keys()].sort();
  }

  /** Plain data for a snapshot; upstreams that were released are left out, they report again. */
  toJSON(): { tenant: string; time: number; expected: number; upstreams: [string, number][] }[] {
    return this.tenantNames().map((name) => {
      const tenant = this.of(name);
      const upstreams = [...tenant.upstreams].filter(([, time]) => Number.isFinite(time)).sort();
      return { tenant: name, time: Number.isFinite(tenant.time) ? tenant.time : -1, expected: tenant.expected, upstreams };
    });
  }

  restore(state: ReturnType<WatermarkTracker['toJSON']>): void {
    this.tenants.clear();
    for (const entry of state) {
      this.tenants.set(entry.tenant, {
        expected: entry.expected,
        upstreams: new Map(entry.upstreams),
        time: entry.time < 0 ? Number.NEGATIVE_INFINITY : entry.time,
      });
    }
  }

  private of(name: string): TenantTime {
    let tenant = this.tenants.get(name);
    if (tenant === undefined) {
      tenant = { expected: 1, upstreams: new Map(), time: Number.NEGATIVE_INFINITY };
      this.tenants.set(name, tenant);
    }
    return tenant;
  }

  private settle(tenant: TenantTime): number | undefined {
    if (tenant.upstreams.size < tenant.expected) return undefined;
    let lowest = Number.POSITIVE_INFINITY;
    for (const time of tenant.upstreams.values()) lowest = Math.min(lowest, time);
    if (!Number.isFinite(lowest) || lowest <= tenant.time) return undefined;
    tenant.time = lowest;
    return lowest;
  }
}
