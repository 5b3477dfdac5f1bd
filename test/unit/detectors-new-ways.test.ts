import { describe, expect, it } from 'vitest';
import type { Candidate, ScoreReport } from '../../models/candidate.ts';
import { PopulationLearner } from '../../models/population.ts';
import { ServersLearner, serverOf } from '../../models/servers.ts';
import { FLAG } from '../../services/core/batch.ts';
import { FewNumbers } from '../../services/core/few-numbers.ts';
import { MONDAY, WindowFeed } from '../support/synthetic-windows.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const of = (candidates: Candidate[], detector: string): Candidate[] => candidates.filter((candidate) => candidate.detector === detector);

describe('hosts that never called outside', () => {
  const CALL = { requests: 3, bytes_out: 9000, bytes_in: 5000, interfaces: 1, top_interface: 3, foreign: 5000, active_minutes: 3 };
  const WITHIN = { ...CALL, foreign: 0 };

  it('a known server that was never seen to call anyone is told at its first call out', () => {
    const feed = new WindowFeed('account');
    feed.scoring.shared('t', { servers: [['10.0.0.5', 5]] });
    const [told] = of(feed.hour('10.0.0.5', MONDAY + 5 * DAY, CALL, FLAG.flow), 'server_calls_out');
    expect(told.evidence).toBeGreaterThan(4);
  });

  it('a host of which nothing is known is not', () => {
    const feed = new WindowFeed('account');
    feed.scoring.shared('t', { servers: [['10.0.0.5', 5]] });
    expect(of(feed.hour('10.0.0.6', MONDAY + 5 * DAY, CALL, FLAG.flow), 'server_calls_out')).toEqual([]);
  });

  it('a server that calls out every day is not, on any of them', () => {
    const feed = new WindowFeed('account');
    feed.hour('10.0.0.5', MONDAY, CALL, FLAG.flow);
    feed.scoring.shared('t', { servers: [['10.0.0.5', 5]] });
    for (let day = 1; day < 8; day++)
      expect(of(feed.hour('10.0.0.5', MONDAY + day * DAY, CALL, FLAG.flow), 'server_calls_out')).toEqual([]);
  });

  it('is odder the longer the host did without, and said of today only', () => {
    const evidence = [6, 12].map((days) => {
      const feed = new WindowFeed('account');
      feed.scoring.shared('t', { servers: [['10.0.0.5', 3]] });
      for (let hour = 0; hour < days * 24; hour += 2) feed.hour('10.0.0.5', MONDAY + hour * HOUR, WITHIN, FLAG.flow);
      expect(of(feed.candidates, 'server_calls_out')).toEqual([]);
      const [told] = of(feed.hour('10.0.0.5', MONDAY + days * DAY, CALL, FLAG.flow), 'server_calls_out');
      // the next day it has called out before
      expect(of(feed.hour('10.0.0.5', MONDAY + (days + 1) * DAY, CALL, FLAG.flow), 'server_calls_out')).toEqual([]);
      return told.evidence;
    });
    expect(evidence[1]).toBeGreaterThan(evidence[0]);
  });
});

describe('which hosts are servers', () => {
  const report = (start: number, interfaces: ScoreReport['interfaces']): ScoreReport => ({
    tenant: 't',
    view: 'interface',
    start,
    minute: false,
    histograms: {},
    pane: {},
    population: {},
    interfaces,
    candidates: [],
  });

  it('names the address of a service', () => {
    expect(serverOf('tcp 10.0.0.5:443')).toBe('10.0.0.5');
    expect(serverOf('udp [fd00::7]:53')).toBe('fd00::7');
    expect(serverOf('tcp external:443')).toBe('');
    expect(serverOf('GET api.example/v1/users/{id}')).toBe('');
    expect(serverOf('GET api.example:8080/v1')).toBe('');
  });

  it('takes two answered hours on three days, in whatever order reports come, and survives saving', () => {
    const reports: ScoreReport[] = [];
    for (let day = 0; day < 3; day++) {
      for (const hour of [9, 10]) {
        reports.push(
          report(MONDAY + day * DAY + hour * HOUR, [
            ['tcp 10.0.0.5:443', 20, 20, 3],
            ['tcp 10.0.0.9:22', 4, 0, 4],
          ]),
        );
        if (day < 2) reports.push(report(MONDAY + day * DAY + hour * HOUR, [['tcp 10.0.0.7:445', 2, 2, 1]]));
      }
    }
    const end = MONDAY + 3 * DAY;
    const closed = [reports, [...reports].reverse()].map((order) => {
      const learner = new ServersLearner();
      for (const one of order) learner.absorb(one);
      const again = new ServersLearner();
      again.load(JSON.parse(JSON.stringify(learner.save())));
      return again.close('t', end);
    });
    expect(closed[0]).toEqual([['10.0.0.5', 3]]);
    expect(closed[1]).toEqual(closed[0]);
    expect(new ServersLearner().close('t', end)).toEqual([]);
  });
});

describe('internal systems from outside', () => {
  const WORK = { requests: 30, accounts: 1, interfaces: 6 };

  /** Sources and interfaces of one tenant, who teach one population. */
  class Office {
    readonly sources = new WindowFeed('source');
    private readonly interfaces = new WindowFeed('interface');
    private readonly learner = new PopulationLearner();

    /** An hour in which desks and a gateway work, and perhaps a newcomer; what is told of the newcomer. */
    hour(start: number, newcomer = ''): Candidate[] {
      for (let desk = 0; desk < 12; desk++) this.sources.hour(`10.1.0.${desk}`, start, WORK, FLAG.internalSource);
      this.sources.hour('198.51.100.1', start, { ...WORK, accounts: 4 });
      const told = newcomer === '' ? [] : of(this.sources.hour(newcomer, start, WORK), 'access_from_outside');
      this.interfaces.hour('GET erp.example/list', start, { requests: 400, callers: 16, external: 30 });
      for (const { scoring } of [this.sources, this.interfaces]) {
        const report = scoring.flush('t', start, false);
        if (report !== undefined) this.learner.absorb(report);
      }
      const population: unknown = JSON.parse(JSON.stringify(this.learner.close('t', start)));
      this.sources.scoring.shared('t', { population });
      return told;
    }
  }

  function office(days: number): Office {
    const tenant = new Office();
    for (let hour = 0; hour < days * 24; hour++) tenant.hour(MONDAY + hour * HOUR);
    return tenant;
  }

  it('tells a newcomer from outside, not the gateway, a new desk or a caller without an account', () => {
    const feed = office(5).sources;
    const at = MONDAY + 5 * DAY + 9 * HOUR;
    const told = (key: string, values: object, flags = 0) => of(feed.hour(key, at, { ...WORK, ...values }, flags), 'access_from_outside');
    expect(told('203.0.113.9', {})[0].evidence).toBeGreaterThan(4);
    expect(told('198.51.100.1', {})).toEqual([]);
    expect(told('10.1.0.77', {}, FLAG.internalSource)).toEqual([]);
    expect(told('203.0.113.10', { anonymous: 30 })).toEqual([]);
    expect(told('203.0.113.11', { new_accounts: 1 })).toEqual([]);
    expect(told('203.0.113.12', { login_failures: 30 })).toEqual([]);
  });

  it('grows quiet where newcomers from outside come all the time', () => {
    const tenant = office(5);
    const evidence: number[] = [];
    for (let n = 0; n < 60; n++) evidence.push(tenant.hour(MONDAY + (5 * 24 + n) * HOUR, `203.0.113.${n}`)[0]?.evidence ?? 0);
    expect(evidence[0]).toBeGreaterThan(4);
    expect(evidence.at(-1)).toBeLessThan(4);
  });
});

describe('privileged accounts', () => {
  function admin(): WindowFeed {
    const feed = new WindowFeed('account');
    for (let day = 0; day < 6; day++) {
      for (let hour = 9; hour < 17; hour++) {
        const start = MONDAY + day * DAY + hour * HOUR;
        for (const name of ['root', 'other'])
          feed.hour(name, start, { requests: 20, interfaces: 5, objects: 5, new_objects: 2, bytes_out: 100_000, records: 30 }, FLAG.admin);
        feed.end(start);
      }
    }
    return feed;
  }
  const at = MONDAY + 7 * DAY + 10 * HOUR;
  const MISUSE = {
    requests: 90,
    interfaces: 5,
    new_interfaces: 3,
    objects: 70,
    new_objects: 70,
    sensitive: 50,
    exports: 3,
    bytes_out: 1e6,
  };

  it('that do several things they never do are told', () => {
    const [told] = of(admin().hour('root', at, MISUSE, FLAG.admin), 'privileged_misuse');
    expect(told.evidence).toBeGreaterThan(6);
    expect(new Set(told.terms.map(({ group }) => group)).size).toBeGreaterThanOrEqual(3);
  });

  it('with a busy day, or one large export, are not, nor is anyone who is not listed', () => {
    const busy = { requests: 60, interfaces: 8, objects: 14, new_objects: 6, bytes_out: 400_000, records: 90 };
    const exported = { requests: 20, interfaces: 5, objects: 5, exports: 1, records: 5000, bytes_out: 5e6 };
    expect(of(admin().hour('root', at, busy, FLAG.admin), 'privileged_misuse')).toEqual([]);
    expect(of(admin().hour('root', at, exported, FLAG.admin), 'privileged_misuse')).toEqual([]);
    expect(of(admin().hour('root', at, MISUSE), 'privileged_misuse')).toEqual([]);
  });
});

describe('guarded ports', () => {
  const SESSIONS = { requests: 6, callers: 1, new_callers: 1, bytes_out: 200_000, few_callers: 0, top_caller: 6 };

  /** A server's port that scans from outside find every other hour, and the bastion now and then. */
  function scanned(key: string): WindowFeed {
    const feed = new WindowFeed('interface');
    for (let hour = 0; hour < 6 * 24; hour += 2) {
      const start = MONDAY + hour * HOUR;
      feed.hour(key, start, { requests: 1, callers: 1, new_callers: 1, external: 1, new_source_requests: 1 }, FLAG.flow);
      if (hour % 8 === 0) feed.hour(key, start + HOUR, { requests: 1, callers: 1, bytes_out: 20_000 }, FLAG.flow);
      feed.end(start);
    }
    return feed;
  }
  const told = (key: string, values: object): Candidate[] =>
    of(scanned(key).hour(key, MONDAY + 6 * DAY + 4 * HOUR, { ...SESSIONS, ...values }, FLAG.flow), 'guarded_port_newcomer');

  it('reached by a host within that never went there are told in spite of the scans', () => {
    expect(told('tcp 10.0.0.5:22', {})[0].evidence).toBeGreaterThan(4);
  });

  it('reached once, in a session, are told where one host comes at a time, not where everyone does', () => {
    const single = { requests: 1, top_caller: 1, bytes_out: 20_000 };
    const used = (callers: number): Candidate[] => {
      const feed = new WindowFeed('interface');
      for (let hour = 0; hour < 6 * 24; hour += 4) {
        const start = MONDAY + hour * HOUR;
        feed.hour('tcp 10.0.0.5:22', start, { requests: 2 * callers, callers, top_caller: 2, bytes_out: 20_000 * callers }, FLAG.flow);
        feed.end(start);
      }
      const at = MONDAY + 6 * DAY + 4 * HOUR;
      return of(feed.hour('tcp 10.0.0.5:22', at, { ...SESSIONS, ...single }, FLAG.flow), 'guarded_port_newcomer');
    };
    expect(used(1)).toHaveLength(1);
    expect(used(4)).toEqual([]);
  });

  it('are not, of scans, tries without an answer, hosts that were there before, and ports that all use', () => {
    expect(told('tcp 10.0.0.5:22', { external: 6 })).toEqual([]);
    expect(told('tcp 10.0.0.5:22', { bytes_out: 0 })).toEqual([]);
    expect(told('tcp 10.0.0.5:22', { new_callers: 0 })).toEqual([]);
    expect(told('tcp 10.0.0.5:443', {})).toEqual([]);
  });
});

describe('countries from which nobody comes', () => {
  const [HOME, COMMON, RARE] = [1, 2, 3];
  const list = (...countries: number[]): FewNumbers => {
    const numbers = new FewNumbers(8);
    for (const country of countries) numbers.add(country);
    return numbers;
  };
  const WORK = { requests: 8, interfaces: 3, objects: 3, new_objects: 1, bytes_out: 40_000, active_minutes: 4, countries: 1, devices: 1 };
  const MOVED = { ...WORK, new_addresses: 1, new_networks: 1, new_countries: 1, new_devices: 1 };

  /** Some days of sixty accounts, every twentieth of them in another country, and one that is there on the last day only. */
  function tenant(days: number): WindowFeed {
    const feed = new WindowFeed('account');
    // whole days of a tenant are counted by what interfaces tell
    const interfaces = new WindowFeed('interface');
    for (let hour = 0; hour < days * 24; hour++) {
      const start = MONDAY + hour * HOUR;
      if (hour % 24 === 10)
        for (let n = 0; n < 60; n++) {
          const window = feed.window(`user-${n}`, start, WORK);
          window.homeCountries = list(n % 20 === 0 ? COMMON : HOME);
          feed.scoring.closeHour(window, () => {});
        }
      if (hour === (days - 1) * 24 + 11) feed.hour('once', start, WORK);
      interfaces.hour('GET shop/list', start, { requests: 60, callers: 20 });
      const report = interfaces.scoring.flush('t', start, false);
      if (report !== undefined) feed.learner.absorb(report);
      feed.end(start);
    }
    return feed;
  }
  const said = (feed: WindowFeed, key: string, day: number, country: number, detector: string): Candidate[] => {
    const window = feed.window(key, MONDAY + day * DAY + 10 * HOUR, MOVED);
    window.newCountries = list(country);
    window.freshCountries = list(country);
    window.homeCountries = list();
    const told: Candidate[] = [];
    feed.scoring.closeHour(window, (candidate) => told.push(candidate));
    return of(told, detector);
  };
  const reason = (told: Candidate[]) => told[0]?.terms.find(({ feature }) => feature === 'rare_country');

  const LAST_HOUR = MONDAY + 5 * DAY + 9 * HOUR;

  it('speak against an account that shows up in one, by how often accounts of the tenant do', () => {
    const feed = tenant(5);
    const rare = said(feed, 'user-1', 5, RARE, 'account_takeover');
    const common = said(feed, 'user-2', 5, COMMON, 'account_takeover');
    // days of which too little was known for a country to be rare count no visits
    expect(reason(rare)?.baseline.size).toBe(60);
    expect(reason(common)).toBeUndefined();
    expect(rare[0].evidence).toBeGreaterThan((common[0]?.evidence ?? 0) + 0.3);
  });

  it('say less where accounts visit such countries all the time', () => {
    const feed = tenant(5);
    for (let n = 20; n < 60; n++) said(feed, `user-${n}`, 5, RARE + n, 'account_takeover');
    const before = said(feed, 'user-1', 5, RARE, 'account_takeover')[0].evidence;
    feed.end(LAST_HOUR + HOUR);
    const after = said(feed, 'user-3', 5, RARE, 'account_takeover')[0]?.evidence ?? 0;
    // what is left is that the country is new to the account
    expect(after).toBeLessThan(before - 0.3);
  });

  it('are little of an oddity where most of the accounts go that turn up elsewhere', () => {
    const evidence = (arrivals: number, fresh: number[]): number => {
      const feed = tenant(5);
      for (let n = 0; n < 30; n++) {
        const window = feed.window(`user-${20 + n}`, MONDAY + 4 * DAY + 20 * HOUR, WORK);
        window.newCountries = n < arrivals ? list(COMMON) : list();
        feed.scoring.closeHour(window, () => {});
      }
      feed.end(MONDAY + 4 * DAY + 20 * HOUR);
      const window = feed.window('user-1', MONDAY + 5 * DAY + 10 * HOUR, { ...MOVED, targets: 30 });
      window.newCountries = list(...fresh);
      window.freshCountries = list(...fresh);
      const told: Candidate[] = [];
      feed.scoring.closeHour(window, (candidate) => told.push(candidate));
      return of(told, 'account_takeover')[0]?.evidence ?? 0;
    };
    const [nobody, few, many] = [0, 4, 30].map((arrivals) => evidence(arrivals, [COMMON]));
    expect(few).toBeCloseTo(nobody, 6);
    expect(many).toBeLessThan(few - 0.5);
    expect(evidence(30, [RARE])).toBeGreaterThan(few);
  });

  it('suffice for who was there on one day only; a common one does not', () => {
    const feed = tenant(5);
    expect(reason(said(feed, 'once', 5, RARE, 'account_takeover'))).toBeDefined();
    expect(said(tenant(5), 'once', 5, COMMON, 'account_takeover')).toEqual([]);
  });

  it('say nothing in a tenant of which two days are known', () => {
    expect(reason(said(tenant(2), 'user-1', 2, RARE, 'account_takeover'))).toBeUndefined();
  });
});
