import { describe, expect, it } from 'vitest';
import { FLAG } from '../../services/core/batch.ts';
import { MONDAY, poisson, seeded, WindowFeed } from '../support/synthetic-windows.ts';

const HOUR = 3_600_000;

/** A hundred people who work office hours for some days; each has a level of its own. */
function office(
  days: number,
  people = 60,
  seed = 1,
): { feed: WindowFeed; random: () => number; work: (key: string, hour: number, level: number) => Record<string, number> } {
  const feed = new WindowFeed('account');
  const random = seeded(seed);
  const work = (_key: string, _hour: number, level: number) => {
    const requests = 1 + poisson(random, level);
    const objects = Math.min(requests, poisson(random, 0.4 * level));
    return {
      requests,
      objects,
      new_objects: Math.min(objects, poisson(random, 0.2 * level)),
      bytes_out: requests * 2000,
      interfaces: Math.min(6, requests),
      records: objects * 2,
      active_minutes: Math.min(60, requests),
      failures: random() < 0.05 ? 1 : 0,
      gap_regularity: requests > 9 ? Math.round(300 + 250 * random()) : 0,
      addresses: 1,
      devices: 1,
      countries: 1,
    };
  };
  for (let hour = 0; hour < days * 24; hour++) {
    const start = MONDAY + hour * HOUR;
    const weekday = Math.floor(hour / 24) % 7;
    const local = hour % 24;
    for (let p = 0; p < people; p++) {
      const level = 3 * 1.05 ** p;
      const active = weekday < 5 && local >= 9 && local < 18 ? random() < 0.7 : random() < 0.01;
      if (!active) continue;
      const first = hour < 24;
      feed.hour(`p${p}`, start, {
        ...work(`p${p}`, hour, level),
        new_addresses: first || random() < 0.02 ? 1 : 0,
        new_interfaces: first ? 4 : 0,
        new_devices: first ? 1 : 0,
        new_networks: first ? 1 : 0,
        new_countries: first ? 1 : 0,
      });
    }
    feed.end(start);
  }
  return { feed, random, work };
}

describe('accounts', () => {
  const days = 19;
  const base = office(days);
  const next = MONDAY + days * 24 * HOUR; // a Saturday
  const monday = next + 2 * 24 * HOUR;

  it('says next to nothing about three quiet weeks', () => {
    // 60 people for 19 days: at most one in four hundred account-days
    expect(base.feed.candidates.length).toBeLessThanOrEqual(2);
  });

  it('sees objects walked, data taken, a taken account, a script', () => {
    const { feed, work } = base;
    const at = monday + 10 * HOUR;
    const walked = feed.hour('p10', at, {
      ...work('p10', 0, 5),
      requests: 130,
      objects: 120,
      new_objects: 118,
      missing: 25,
      refused: 10,
      neighbours: 60,
    });
    expect(walked.map((c) => c.detector)).toContain('object_traversal');
    const taken = feed.hour('p11', monday + 2 * HOUR, { requests: 40, exports: 12, records: 9000, bytes_out: 90_000_000 });
    expect(taken.map((c) => c.detector)).toContain('bulk_export');
    const over = feed.hour('p12', at, {
      ...work('p12', 0, 6),
      new_addresses: 1,
      new_networks: 1,
      new_countries: 1,
      new_devices: 1,
      new_interfaces: 5,
      sensitive: 30,
      new_objects: 20,
    });
    expect(over.map((c) => c.detector)).toContain('account_takeover');
    const script = feed.hour('p13', at, { requests: 700, objects: 20, gap_regularity: 985, active_minutes: 60, peak_minute: 14 });
    expect(script.map((c) => c.detector)).toContain('machine_behaviour');
  });

  it('sees a script that makes several requests a turn, and not the busy hour of a sale', () => {
    const { feed } = base;
    const at = monday + 9 * HOUR;
    const turns = { requests: 48, interfaces: 2, gap_regularity: 0, active_minutes: 24, beats: 19, beat_regularity: 970 };
    expect(feed.hour('p15', at, turns).map((c) => c.detector)).toContain('machine_behaviour');
    // as many requests, and more, at gaps that people leave
    const busy = { requests: 300, interfaces: 6, gap_regularity: 350, active_minutes: 26, beats: 19, beat_regularity: 350 };
    expect(feed.hour('p16', at, busy).map((c) => c.detector)).not.toContain('machine_behaviour');
  });

  it('takes an export for one: what it holds is not odd once more', () => {
    const { feed } = base;
    const at = monday + 10 * HOUR;
    const data = { requests: 12, interfaces: 2, records: 4000, bytes_out: 3_000_000, active_minutes: 12 };
    const said = (key: string, exports: number) =>
      feed.hour(key, at, { ...data, exports }).find((c) => c.detector === 'bulk_export')?.evidence ?? 0;
    const without = said('p17', 0);
    expect(without).toBeGreaterThan(0);
    expect(said('p18', 3)).toBeLessThan(without);
  });

  it('judges an account on its first day by its peers', () => {
    const { feed, work } = base;
    const at = monday + 11 * HOUR;
    expect(
      feed.hour('new1', at, { ...work('x', 0, 8), new_addresses: 1, new_networks: 1, new_devices: 1, new_countries: 1, new_interfaces: 6 }),
    ).toEqual([]);
    const bad = feed.hour('new2', at, {
      requests: 3000,
      objects: 2800,
      new_objects: 2800,
      missing: 300,
      neighbours: 2000,
      new_addresses: 1,
    });
    expect(bad.map((c) => c.detector)).toContain('object_traversal');
  });

  it('lets a traveller with a usual day pass', () => {
    const { feed, work } = base;
    const out = feed.hour('p20', monday + 12 * HOUR, { ...work('p20', 0, 8), new_addresses: 1, new_networks: 1, new_countries: 1 });
    expect(out.filter((c) => c.evidence > 6)).toEqual([]);
  });
});

describe('weekly batch of a service', () => {
  it('is quiet from its second week on', () => {
    const feed = new WindowFeed('account');
    const random = seeded(5);
    const fired: number[] = [];
    for (let day = 0; day < 35; day++) {
      for (const hour of [1, 2, 3]) {
        const start = MONDAY + (day * 24 + hour) * HOUR;
        const batch = day % 7 === 6 && hour === 2;
        const requests = batch ? 6000 : poisson(random, 200);
        const out = feed.hour(
          'batch',
          start,
          {
            requests,
            objects: requests,
            records: requests * 5,
            bytes_out: requests * 4000,
            exports: batch ? 4 : 0,
            new_objects: Math.round(requests / 3),
          },
          FLAG.service,
        );
        if (out.length > 0) fired.push(day);
        feed.end(start);
      }
    }
    expect(fired.filter((day) => day >= 8)).toEqual([]);
  });
});

describe('a slow walk', () => {
  /** Days of people who come a few hours a day; on the last one `p3` looks at one object every half hour; candidates of `scraping` by key. */
  function days(walker: (hour: number) => Record<string, number>, every: readonly number[], flags = 0, born = 0): Map<string, number[]> {
    const feed = new WindowFeed('account');
    const random = seeded(21);
    const spoken = new Map<string, number[]>();
    for (let day = 0; day < 7; day++) {
      for (let hour = 0; hour < 24; hour++) {
        const start = MONDAY + (day * 24 + hour) * HOUR;
        for (let p = 0; p < 40; p++) {
          const walks = p === 3 && every.includes(day) && hour >= 8 && hour < 18;
          if (!walks && (hour < 8 || hour > 20 || random() > 0.15)) continue;
          if (p === 3 && day < born) continue;
          const requests = 4 + poisson(random, 6);
          const objects = Math.min(requests, poisson(random, 3));
          const visit = { requests, objects, new_objects: Math.min(objects, poisson(random, 2)), interfaces: 4, top_interface: 3 };
          for (const found of feed.hour(`p${p}`, start, walks ? walker(hour) : visit, p === 3 ? flags : 0)) {
            if (found.detector === 'scraping') spoken.set(`p${p}`, [...(spoken.get(`p${p}`) ?? []), day]);
          }
        }
        feed.end(start);
      }
    }
    return spoken;
  }
  const look = () => ({ requests: 2, objects: 2, new_objects: 2, interfaces: 1, top_interface: 2 });

  it('of two objects an hour is seen on its day, and nobody else is', () => {
    expect([...days(look, [6])]).toEqual([['p3', expect.arrayContaining([6])]]);
  });

  it('is none where other things are done too, or where known objects are looked at', () => {
    expect(days(() => ({ ...look(), requests: 3, interfaces: 2 }), [6]).size).toBe(0);
    expect(days(() => ({ ...look(), new_objects: 1 }), [6]).size).toBe(0);
  });

  it("of a partner's program is seen too, once days of its own have shown that it does not walk by profession", () => {
    expect([...days(look, [6], FLAG.robot)]).toEqual([['p3', expect.arrayContaining([6])]]);
    expect(days(look, [6], FLAG.robot, 3).size).toBe(0);
    expect(days(look, [6], FLAG.robot | FLAG.anonymous).size).toBe(0);
  });

  it('is nothing new for who does it every day', () => {
    expect((days(look, [0, 1, 2, 3, 4, 5, 6]).get('p3') ?? []).filter((day) => day >= 4)).toEqual([]);
  });
});

describe('a level shift', () => {
  it('is raised, held back for a week, then usual', () => {
    const feed = new WindowFeed('account');
    const random = seeded(15);
    const fired: number[] = [];
    for (let day = 0; day < 40; day++) {
      for (const hour of [9, 10, 11, 14]) {
        const start = MONDAY + (day * 24 + hour) * HOUR;
        const level = day < 20 ? 10 : 150;
        const requests = poisson(random, level) + 1;
        const out = feed.hour('shifted', start, {
          requests: 2 * requests,
          objects: requests,
          new_objects: requests,
          bytes_out: requests * 3000,
          interfaces: 4,
        });
        if (out.some((candidate) => candidate.detector === 'object_traversal' || candidate.detector === 'scraping')) fired.push(day);
        // colleagues, so that the tenant has a population
        for (let p = 0; p < 10; p++)
          feed.hour(`c${p}`, start, {
            requests: poisson(random, 20),
            objects: poisson(random, 10),
            new_objects: poisson(random, 8),
            bytes_out: 40_000,
            interfaces: 4,
          });
        feed.end(start);
      }
    }
    expect(fired[0]).toBe(20);
    expect(fired.filter((day) => day > 28)).toEqual([]);
  });
});

describe('slow growth', () => {
  it('of 3 % a day is seen before it has doubled', () => {
    const feed = new WindowFeed('account');
    const random = seeded(9);
    let seen = -1;
    let quiet = 0;
    for (let day = 0; day < 90; day++) {
      if (day % 7 >= 5) continue;
      const growth = day < 28 ? 1 : 1.03 ** (day - 28);
      for (let p = 0; p < 20; p++) {
        for (const hour of [9, 11, 14, 16]) {
          const start = MONDAY + (day * 24 + hour) * HOUR;
          const level = (10 + p) * (p === 7 ? growth : 1);
          const objects = poisson(random, level * (0.7 + 0.6 * random()));
          const out = feed.hour(`q${p}`, start, {
            requests: 2 * objects + 3,
            objects,
            new_objects: Math.round(objects * 0.7),
            records: objects * 3,
            bytes_out: objects * 5000,
          });
          const growing = out.filter((c) => c.detector === 'ant_moving');
          if (growing.length > 0 && p === 7 && seen < 0) seen = growth;
          if (growing.length > 0 && p !== 7) quiet++;
        }
      }
      feed.end(MONDAY + (day * 24 + 16) * HOUR);
    }
    expect(seen).toBeGreaterThan(1);
    expect(seen).toBeLessThan(2);
    expect(quiet).toBeLessThanOrEqual(1);
  });

  it('of a quarter a day is seen in the second week of an account, beside colleagues who stay; one big day is none', () => {
    const spoken = climbing((day) => (day < 4 ? 1 : 1.25 ** (day - 3)));
    expect(spoken.own.length).toBeGreaterThan(0);
    expect(spoken.others).toBe(0);
    expect(climbing((day) => (day === 8 ? 6 : 1))).toEqual({ own: [], others: 0 });
  });

  /** Two working weeks of ten colleagues; days on which `ant_moving` spoke of the first, whose amounts have the factor, and of others. */
  function climbing(factor: (day: number) => number): { own: number[]; others: number } {
    const feed = new WindowFeed('account');
    const random = seeded(12);
    const own: number[] = [];
    let others = 0;
    let worked = 0;
    for (let day = 0; day < 14; day++) {
      if (day % 7 >= 5) continue;
      for (let p = 0; p < 10; p++) {
        for (const hour of [9, 11, 14, 16]) {
          const objects = poisson(random, 12 * (p === 0 ? factor(worked) : 1) * (0.7 + 0.6 * random()));
          const counts = {
            requests: 2 * objects + 3,
            objects,
            new_objects: Math.round(objects / 3),
            records: objects,
            bytes_out: objects * 5000,
          };
          const out = feed.hour(`c${p}`, MONDAY + (day * 24 + hour) * HOUR, counts);
          if (!out.some((c) => c.detector === 'ant_moving')) continue;
          if (p === 0) own.push(worked);
          else others++;
        }
      }
      feed.end(MONDAY + (day * 24 + 16) * HOUR);
      worked++;
    }
    return { own, others };
  }

  /** Days of accounts whose work is alike day by day; `factor` of the first one's amount. Days on which `slow_growth` spoke of it, and of others. */
  function drifting(days: number, factor: (day: number) => number): { own: number[]; others: number } {
    const feed = new WindowFeed('account');
    const random = seeded(4);
    const own: number[] = [];
    let others = 0;
    for (let day = 0; day < days; day++) {
      if (day % 7 >= 5) continue;
      for (let p = 0; p < 20; p++) {
        for (const hour of [9, 11, 14, 16]) {
          const start = MONDAY + (day * 24 + hour) * HOUR;
          const requests = poisson(random, (20 + p) * (p === 7 ? factor(day) : 1) * (0.85 + 0.3 * random())) + 1;
          const out = feed.hour(`d${p}`, start, { requests, objects: Math.round(requests / 2), bytes_out: requests * 3000 });
          if (!out.some((c) => c.detector === 'slow_growth')) continue;
          if (p === 7) own.push(day);
          else others++;
        }
      }
      feed.end(MONDAY + (day * 24 + 16) * HOUR);
    }
    return { own, others };
  }

  it('of 2 % a day, which no week shows, is seen by its drift before it has doubled', () => {
    const { own, others } = drifting(84, (day) => (day < 35 ? 1 : 1.02 ** (day - 35)));
    expect(own[0]).toBeGreaterThan(35);
    expect(1.02 ** (own[0] - 35)).toBeLessThan(2);
    expect(others).toBeLessThanOrEqual(1);
  });

  it('is no word for a level that comes at once, or for one big day', () => {
    const jump = drifting(84, (day) => (day < 35 ? 1 : 4));
    expect(jump.own.filter((day) => day > 40)).toEqual([]);
    expect(drifting(63, (day) => (day === 42 ? 12 : 1)).own).toEqual([]);
  });
});
