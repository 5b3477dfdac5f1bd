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
  /** reached only because the inputs ended for now: what it closes may be replaced when they grow */
  provisional?: boolean;
}

/** The watermark of an input whose highest event time is `highest`: that minus the lateness, down to the minute. */
export function watermarkOf(highest: number, lateness: number): number {
  return Math.floor((highest - lateness) / MINUTE) * MINUTE;
}

/** The serialised form of a tracker: plain data. */
export interface TrackerState {
  tenant: string;
  /** null before the first report of all upstreams */
  time: number | null;
  /** the highest time that any upstream has reported; null before the first */
  highest: number | null;
  expected: number;
  /** what each upstream has reported, by name; null: it is idle or has ended */
  upstreams: [string, number | null][];
  ended: string[];
}

interface TenantTime {
  expected: number;
  /** reported time; +Infinity for an upstream that is idle or has ended */
  upstreams: Map<string, number>;
  ended: Set<string>;
  time: number;
  highest: number;
}

export class WatermarkTracker {
  private readonly tenants = new Map<string, TenantTime>();

  /**
   * Takes a report; returns the tenant's new time when it moved forward, else undefined. When an upstream that had ended
   * goes on, the others that had ended may do so too, with the same times: the tenant waits for them to say something.
   */
  report(mark: Watermark): number | undefined {
    const tenant = this.of(mark.tenant);
    tenant.expected = mark.upstreams;
    tenant.highest = Math.max(tenant.highest, mark.time);
    if (tenant.ended.delete(mark.upstream)) {
      for (const other of tenant.ended) tenant.upstreams.delete(other);
      tenant.ended.clear();
    }
    const before = tenant.upstreams.get(mark.upstream);
    if (before === undefined || before === Number.POSITIVE_INFINITY || mark.time > before) tenant.upstreams.set(mark.upstream, mark.time);
    return this.settle(tenant);
  }

  /** An idle upstream holds its tenant back no longer, until it reports again. Returns the tenant's new time if it moved. */
  idle(tenantName: string, upstream: string): number | undefined {
    const tenant = this.of(tenantName);
    tenant.upstreams.set(upstream, Number.POSITIVE_INFINITY);
    return this.settle(tenant);
  }

  /** An upstream has ended. Returns the tenant's new time if others now let it move; see `allEnded`. */
  end(tenantName: string, upstream: string): number | undefined {
    this.of(tenantName).ended.add(upstream);
    return this.idle(tenantName, upstream);
  }

  /** True when every expected upstream of the tenant has ended: nothing more will come, all panes may close. */
  allEnded(tenantName: string): boolean {
    const tenant = this.tenants.get(tenantName);
    return tenant !== undefined && tenant.ended.size >= tenant.expected;
  }

  /** The tenant's time is at least `time` (a silence record, or the flush at the end of all its inputs). */
  raise(tenantName: string, time: number): number | undefined {
    const tenant = this.of(tenantName);
    if (time <= tenant.time) return undefined;
    tenant.time = time;
    return time;
  }

  /** How many upstreams the tenant is known to have, before the first report of any. */
  expect(tenantName: string, upstreams: number): void {
    this.of(tenantName).expected = upstreams;
  }

  /** The tenant's time, -Infinity before the first. */
  time(tenant: string): number {
    return this.tenants.get(tenant)?.time ?? Number.NEGATIVE_INFINITY;
  }

  /** The highest time that any of the tenant's upstreams has reported, -Infinity before the first. */
  highest(tenant: string): number {
    return this.tenants.get(tenant)?.highest ?? Number.NEGATIVE_INFINITY;
  }

  tenantNames(): string[] {
    return [...this.tenants.keys()].sort();
  }

  /**
   * The upstreams are named anew (other inputs, another number of tasks): those that had reported are forgotten, and a
   * tenant waits for all of the new ones. Times stay.
   */
  reopen(): void {
    for (const tenant of this.tenants.values()) {
      tenant.upstreams.clear();
      tenant.ended.clear();
    }
  }

  /** For a snapshot: all of it. */
  save(): TrackerState[] {
    return this.tenantNames().map((name) => {
      const { time, highest, expected, upstreams, ended } = this.of(name);
      const reported = [...upstreams].map(([upstream, at]): [string, number | null] => [upstream, Number.isFinite(at) ? at : null]);
      return {
        tenant: name,
        time: Number.isFinite(time) ? time : null,
        highest: Number.isFinite(highest) ? highest : null,
        expected,
        upstreams: reported.sort(([a], [b]) => (a < b ? -1 : 1)),
        ended: [...ended].sort(),
      };
    });
  }

  /** What was saved, beside what is there: of several savings of one tenant the latest reports hold. */
  restore(state: readonly TrackerState[]): void {
    for (const { tenant: name, time, highest, expected, upstreams, ended } of state) {
      const tenant = this.of(name);
      if (time !== null) this.raise(name, time);
      if (highest !== null) tenant.highest = Math.max(tenant.highest, highest);
      tenant.expected = expected;
      for (const [upstream, at] of upstreams) {
        const reported = at ?? Number.POSITIVE_INFINITY;
        tenant.upstreams.set(upstream, Math.max(reported, tenant.upstreams.get(upstream) ?? reported));
      }
      for (const upstream of ended) tenant.ended.add(upstream);
    }
  }

  private of(name: string): TenantTime {
    let tenant = this.tenants.get(name);
    if (tenant === undefined) {
      const never = Number.NEGATIVE_INFINITY;
      tenant = { expected: 1, upstreams: new Map(), ended: new Set(), time: never, highest: never };
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
