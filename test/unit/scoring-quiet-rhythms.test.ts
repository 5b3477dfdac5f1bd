import { describe, expect, it } from 'vitest';
import { FLAG } from '../../services/core/batch.ts';
import { MONDAY, poisson, seeded, WindowFeed } from '../support/synthetic-windows.ts';

const HOUR = 3_600_000;

/** Hours until `beaconing` spoke of the host whose calls abroad in each hour of nine days are given, among ten hosts of office hours; undefined: never. */
function calling(calls: (hour: number, random: () => number) => number): number | undefined {
  const feed = new WindowFeed('account');
  const random = seeded(3);
  for (let hour = 0; hour < 9 * 24; hour++) {
    const start = MONDAY + hour * HOUR;
    const working = Math.floor(hour / 24) % 7 < 5 && hour % 24 >= 8 && hour % 24 < 18;
    for (let host = 0; host < 10; host++) {
      const work = working ? poisson(random, 12) : 0;
      const even = host === 0 ? calls(hour, random) : 0;
      const requests = work + even;
      if (requests === 0) continue;
      const interfaces = Math.min(4, work) + (even > 0 ? 1 : 0);
      const top = Math.max(even, Math.ceil(work / 3));
      const counts = { requests, interfaces, top_interface: top, foreign: 400 * even, bytes_out: 900 * requests, active_minutes: requests };
      const out = feed.hour(`10.0.0.${host}`, start, counts, FLAG.flow);
      if (out.some(({ detector, entity }) => detector === 'beaconing' && entity.id === '10.0.0.0')) return hour;
    }
    feed.end(start);
  }
  return undefined;
}

describe('few calls an hour', () => {
  const BEGIN = 4 * 24 + 19;

  it('as many in each hour, from some evening on, are a beacon within the night', () => {
    for (const each of [2, 4, 6]) {
      const found = calling((hour) => (hour >= BEGIN ? each : 0));
      expect(found).toBeGreaterThan(BEGIN);
      expect(found).toBeLessThan(BEGIN + 9);
    }
  });

  it('are none where the host made them from its first day on, or where they are as chance has it', () => {
    expect(calling(() => 4)).toBeUndefined();
    expect(calling((hour, random) => (hour >= BEGIN ? poisson(random, 5) : 0))).toBeUndefined();
  });
});

/** Working days on which `ant_moving` spoke of the first of thirty accounts with the given objects a day; the others take five to sixty. */
function taking(amount: (day: number, random: () => number) => number): number[] {
  const feed = new WindowFeed('account');
  const random = seeded(8);
  const spoken: number[] = [];
  let worked = 0;
  for (let day = 0; day < 14; day++) {
    if (day % 7 >= 5) continue;
    for (let p = 0; p < 30; p++) {
      const objects = p === 0 ? amount(worked, random) : poisson(random, (5 + 2 * p) * (0.6 + 0.8 * random()));
      const counts = { requests: objects + 3, objects, new_objects: Math.ceil(objects * 0.8), records: 20, bytes_out: objects * 2000 };
      const out = feed.hour(`k${p}`, MONDAY + (day * 24 + 10) * HOUR, counts);
      if (p === 0 && out.some(({ detector }) => detector === 'ant_moving')) spoken.push(worked);
    }
    feed.end(MONDAY + (day * 24 + 10) * HOUR);
    worked++;
  }
  return spoken;
}

describe('an account that is alike day by day', () => {
  it('takes four times as much, which is little beside its peers: told on the third or fourth day of it', () => {
    const spoken = taking((day, random) => (day < 6 ? 4 : 18) + (random() < 0.5 ? 1 : 0));
    expect(spoken[0]).toBeGreaterThanOrEqual(8);
    expect(spoken[0]).toBeLessThanOrEqual(9);
  });

  it('is not told of for one big day, nor where days differ as much anyway', () => {
    expect(taking((day) => (day === 7 ? 40 : 5))).toEqual([]);
    expect(taking((day) => [5, 24, 3, 12, 30, 4, 18, 22, 9, 14][day])).toEqual([]);
  });
});

/** Whether `host_fan_out` spoke of the first of ten hosts, which for two hours of the fifth day asks for so many services new to it; of the attempts so many are not answered. */
function searching(fresh: number, unanswered: number): boolean {
  const feed = new WindowFeed('account');
  const random = seeded(5);
  let spoken = false;
  for (let hour = 8; hour < 5 * 24; hour++) {
    if (hour % 24 < 8 || hour % 24 >= 18) continue;
    const start = MONDAY + hour * HOUR;
    const searches = hour === 4 * 24 + 14 || hour === 4 * 24 + 15;
    for (let host = 0; host < 10; host++) {
      const usual = 2 + poisson(random, 4);
      const more = searches && host === 0 ? fresh : random() < 0.05 ? 1 : 0;
      const counts = {
        requests: 3 * usual + more,
        interfaces: usual + more,
        new_interfaces: more,
        unanswered: searches && host === 0 ? unanswered : random() < 0.1 ? 1 : 0,
        active_minutes: 10,
      };
      const out = feed.hour(`10.0.0.${host}`, start, counts, FLAG.flow);
      if (host === 0 && out.some(({ detector }) => detector === 'host_fan_out')) spoken = true;
    }
    feed.end(start);
  }
  return spoken;
}

describe('a slow search within the network', () => {
  it('shows by a few new services an hour where most do not answer, and by neither alone', () => {
    expect(searching(8, 7)).toBe(true);
    expect(searching(8, 1)).toBe(false);
    expect(searching(1, 7)).toBe(false);
  });
});
