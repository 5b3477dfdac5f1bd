import type { ScoreReport } from './candidate.ts';
import type { SharedLearner } from './shared.ts';

/** An address counts as a server from so many days on which it answered. */
export const SERVER_DAYS = 3;
/** Hours of a day in which it must have answered for the day to count: one answered try is no service. */
const LEAST_HOURS = 2;
/** Servers that a tenant's knowledge names at most: those known longest, ties by address. */
const MOST_SERVERS = 4096;
/** Addresses that are followed at most; beyond them nobody new is taken up until some are forgotten. */
const MOST_FOLLOWED = 16_384;
/** Days without an answer after which an address is forgotten. */
const FORGOTTEN_AFTER = 30;
const DAY = 86_400_000;

/** [day last answered on, hours of that day, days that counted] */
type Seen = [day: number, hours: number, days: number];

/** `tcp 10.0.0.5:443` -> `10.0.0.5`; services outside are not named by address. '' for what is no service. */
export function serverOf(service: string): string {
  const from = service.indexOf(' ') + 1;
  const to = service.lastIndexOf(':');
  if (from === 0 || to < from || service.includes('/')) return '';
  const host = service.slice(from, to).replace(/^\[|\]$/g, '');
  return host === 'external' ? '' : host;
}

/**
 * Which internal addresses are servers: they answer others, on several days. Learned from the inventory of services that
 * interface tasks report, so that account tasks know of a host what only its callers' windows show.
 */
export class ServersLearner implements SharedLearner {
  readonly name = 'servers';
  private readonly tenants = new Map<string, Map<string, Seen>>();
  /** addresses that answered in hours that are not closed yet */
  private readonly open = new Map<string, Map<number, Set<string>>>();

  absorb(report: ScoreReport): void {
    if (report.minute || report.view !== 'interface') return;
    for (const [id, , answered] of report.interfaces) {
      if (answered === 0) continue;
      const host = serverOf(id);
      if (host === '') continue;
      let hours = this.open.get(report.tenant);
      if (hours === undefined) this.open.set(report.tenant, (hours = new Map()));
      let hosts = hours.get(report.start);
      if (hosts === undefined) hours.set(report.start, (hosts = new Set()));
      hosts.add(host);
    }
  }

  /** @returns [address, days on which it answered] of the servers, by address */
  close(tenant: string, hour: number): [string, number][] {
    const hours = this.open.get(tenant);
    let seen = this.tenants.get(tenant);
    if (hours !== undefined) {
      if (seen === undefined) this.tenants.set(tenant, (seen = new Map()));
      for (const start of [...hours.keys()].sort((a, b) => a - b)) {
        if (start > hour) continue;
        this.take(seen, Math.floor(start / DAY), [...hours.get(start)!].sort());
        hours.delete(start);
      }
    }
    if (seen === undefined) return [];
    const servers: [string, number][] = [];
    for (const [host, [, , days]] of seen) if (days >= SERVER_DAYS) servers.push([host, days]);
    if (servers.length > MOST_SERVERS) servers.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).length = MOST_SERVERS;
    return servers.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }

  private take(seen: Map<string, Seen>, day: number, hosts: readonly string[]): void {
    for (const host of hosts) {
      const known = seen.get(host);
      if (known === undefined) {
        if (seen.size >= MOST_FOLLOWED) forget(seen, day);
        if (seen.size < MOST_FOLLOWED) seen.set(host, [day, 1, 0]);
        continue;
      }
      if (known[0] !== day) {
        known[0] = day;
        known[1] = 0;
      }
      known[1]++;
      if (known[1] === LEAST_HOURS) known[2]++;
    }
  }

  save(): unknown {
    return {
      tenants: [...this.tenants].sort(byName).map(([tenant, seen]) => [tenant, [...seen].sort(byName)]),
      open: [...this.open]
        .sort(byName)
        .map(([tenant, hours]) => [tenant, [...hours].sort((a, b) => a[0] - b[0]).map(([start, hosts]) => [start, [...hosts].sort()])]),
    };
  }

  load(saved: unknown): void {
    const { tenants, open } = structuredClone(saved) as {
      tenants: [string, [string, Seen][]][];
      open: [string, [number, string[]][]][];
    };
    this.tenants.clear();
    this.open.clear();
    for (const [tenant, seen] of tenants) this.tenants.set(tenant, new Map(seen));
    for (const [tenant, hours] of open) this.open.set(tenant, new Map(hours.map(([start, hosts]) => [start, new Set(hosts)])));
  }
}

function byName(a: [string, unknown], b: [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

function forget(seen: Map<string, Seen>, today: number): void {
  for (const [host, [day]] of seen) if (day < today - FORGOTTEN_AFTER) seen.delete(host);
}
