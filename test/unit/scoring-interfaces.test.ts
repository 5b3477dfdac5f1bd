import { describe, expect, it } from 'vitest';
import { FLAG } from '../../services/core/batch.ts';
import { octavesOf } from '../../services/core/octaves.ts';
import { calendarAt, MONDAY, poisson, seeded, WindowFeed } from '../support/synthetic-windows.ts';

const HOUR = 3_600_000;
const CURVE = [2, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 13, 12, 12, 13, 14, 13, 12, 12, 13, 13, 11, 8, 4];

/** An interface's benign hour: shares vary from hour to hour a little. */
function benign(random: () => number, start: number, level: number, login = false): Record<string, number> {
  const { hour, working } = calendarAt(start);
  const requests = poisson(random, (level * CURVE[hour] * (working ? 1 : 0.7) * (0.85 + 0.3 * random())) / 8);
  const callers = Math.ceil(requests * (login ? 0.9 : 0.4));
  const wobble = () => 0.7 + 0.6 * random();
  const part = (of: number, share: number) => Math.min(of, poisson(random, of * share * wobble()));
  const failures = part(requests, login ? 0.12 : 0.02);
  return {
    requests,
    callers,
    failures,
    missing: part(requests, 0.02),
    refused: part(requests, 0.01),
    server_errors: part(requests, 0.004),
    new_callers: part(callers, 0.2),
    young_callers: part(callers, 0.1),
    single_callers: part(callers, login ? 0.3 : 0.08),
    few_callers: part(callers, 0.7),
    failing_callers: part(callers, login ? 0.05 : 0.01),
    new_source_requests: part(requests, 0.15),
    new_source_failures: Math.min(failures, part(requests, login ? 0.02 : 0.003)),
    login_success_new: login ? part(requests, 0.002) : 0,
    duration_ms: Math.round(requests * 80 * wobble()),
    bytes_out: requests * 3000,
    slow: part(requests, 0.01),
    objects: part(requests, 0.5),
    new_object_reads: part(requests, 0.3),
    neighbours: part(requests, 0.03),
    addresses: callers,
    prefixes: Math.ceil(callers * 0.8),
    networks: 5,
    countries: 1,
    devices: Math.ceil(callers * 0.5),
    targets: login ? Math.ceil(callers * 0.95) : 0,
    target_runs: login ? Math.ceil(callers * 0.94) : 0,
    top_caller: Math.min(requests, 6),
    anonymous: part(requests, 0.02),
    anonymous_ok: 0,
  };
}

function weeks(days: number): { feed: WindowFeed; random: () => number } {
  const feed = new WindowFeed('interface');
  const random = seeded(3);
  for (let hour = 0; hour < days * 24; hour++) {
    const start = MONDAY + hour * HOUR;
    for (let i = 0; i < 8; i++) {
      const values = benign(random, start, 15 * 1.7 ** i);
      if (values.requests > 0) feed.hour(`GET shop/api/${i}`, start, values);
    }
    feed.hour('POST shop/login', start, benign(random, start, 60, true), FLAG.login);
    feed.hour('GET shop/contact', start, { ...benign(random, start, 30), anonymous: 0 }, FLAG.sensitive);
    feed.end(start);
  }
  return { feed, random };
}

describe('trouble of an interface', () => {
  const feed = new WindowFeed('interface');
  const random = seeded(11);
  /** An hour of few requests whose times and sizes differ several-fold from one to the next. */
  const hour = (requests: number, slower = 1, larger = 1, erring = 0): Record<string, number> => {
    const values: Record<string, number> = { requests, callers: requests, erring_callers: erring, server_errors: erring };
    const add = (name: string, by: number): void => {
      values[name] = (values[name] ?? 0) + by;
    };
    for (let i = 0; i < requests; i++) {
      const time = Math.round(40 * slower * 4 ** (random() - 0.5));
      const size = Math.round(3000 * larger * 8 ** (random() - 0.5));
      add('duration_ms', time);
      add('bytes_out', size);
      add('duration_octaves', octavesOf(time));
      add('duration_octaves_squared', octavesOf(time) ** 2);
      add('size_octaves', octavesOf(size));
      add('size_octaves_squared', octavesOf(size) ** 2);
    }
    return values;
  };
  const fed = (start: number, values: Record<string, number>): string[] =>
    feed.hour('GET shop/list', start, values).map(({ detector }) => detector);
  const last = MONDAY + 10 * 24 * HOUR;
  for (let start = MONDAY; start < last; start += HOUR) fed(start, hour(8));

  it('is none on ordinary days, nor where one caller asks for what is large', () => {
    expect(feed.candidates).toEqual([]);
    expect(fed(last, { ...hour(8, 1, 4), callers: 1 })).toEqual([]);
    expect(fed(last, hour(8, 1, 1, 2))).toEqual([]);
  });

  it('is seen in a dozen answers: slower, larger, errors of several callers', () => {
    expect(fed(last + HOUR, hour(12, 4))).toContain('interface_slow');
    expect(fed(last + 2 * HOUR, hour(12, 1, 4))).toContain('interface_larger');
    expect(fed(last + 3 * HOUR, hour(12, 1, 1, 4))).toContain('interface_failing');
  });
});

describe('interfaces', () => {
  const { feed, random } = weeks(16);
  const now = MONDAY + (16 * 24 + 10) * HOUR;

  it('says next to nothing about two quiet weeks', () => {
    expect(feed.candidates.length).toBeLessThanOrEqual(2);
  });

  it('lets a flash sale pass', () => {
    const sale = benign(random, now, 10 * 15 * 1.7 ** 5);
    const out = feed.hour('GET shop/api/5', now, sale);
    expect(out).toEqual([]);
  });

  it('sees passwords tried, loud and slow', () => {
    const usual = benign(random, now, 60, true);
    const loud = feed.hour(
      'POST shop/login',
      now,
      {
        ...usual,
        requests: usual.requests + 150,
        failures: usual.failures + 148,
        failing_callers: usual.failing_callers + 140,
        callers: usual.callers + 140,
        new_source_failures: usual.new_source_failures + 140,
        single_callers: usual.single_callers + 140,
        login_success_new: usual.login_success_new + 2,
      },
      FLAG.login,
    );
    expect(loud.map((c) => c.detector)).toContain('credential_stuffing');
    const slow = weeks(16);
    const from = slow.feed.candidates.length;
    for (let h = 0; h < 30; h++) {
      const start = MONDAY + (16 * 24 + h) * HOUR;
      const u = benign(slow.random, start, 60, true);
      const n = 8;
      slow.feed.hour(
        'POST shop/login',
        start,
        {
          ...u,
          requests: u.requests + n,
          failures: u.failures + n,
          failing_callers: u.failing_callers + n,
          callers: u.callers + n,
          new_source_failures: u.new_source_failures + n,
          single_callers: u.single_callers + n,
        },
        FLAG.login,
      );
    }
    expect(slow.feed.candidates.slice(from).map((c) => c.detector)).toContain('credential_stuffing_slow');
  });

  it('sees enumeration, a failing interface, an open interface, rotating scrapers', () => {
    const usual = benign(random, now, 15 * 1.7 ** 4);
    const walk = feed.hour('GET shop/api/4', now, {
      ...usual,
      requests: usual.requests + 200,
      missing: usual.missing + 140,
      objects: usual.objects + 200,
      top_caller: 200,
      neighbours: 180,
    });
    expect(walk.map((c) => c.detector)).toContain('account_enumeration');
    const failing = feed.hour('GET shop/api/3', now, { ...benign(random, now, 15 * 1.7 ** 3), server_errors: 60, slow: 40 });
    expect(failing.map((c) => c.detector)).toContain('interface_failing');
    const open = feed.hour('GET shop/contact', now, { ...benign(random, now, 30), anonymous: 20, anonymous_ok: 18 }, FLAG.sensitive);
    expect(open.map((c) => c.detector)).toEqual(expect.arrayContaining(['unauthenticated_interface']));
    const crowd = benign(random, now, 15 * 1.7 ** 6);
    const scraped = feed.hour('GET shop/api/6', now, {
      ...crowd,
      requests: crowd.requests + 300,
      callers: crowd.callers + 150,
      single_callers: crowd.single_callers + 150,
      new_callers: crowd.new_callers + 150,
      objects: crowd.objects + 300,
      new_object_reads: crowd.new_object_reads + 300,
    });
    expect(scraped.map((c) => c.detector)).toContain('scraping_cohort');
  });

  it('sees a crowd that comes too slowly to be odd in any hour: it does not become usual before it is found', () => {
    const { feed: quiet, random: own } = weeks(9);
    const lookup = (start: number, extra: number): ReturnType<WindowFeed['hour']> => {
      const asked = own() < 0.6 ? 1 : 0;
      const n = asked + extra;
      if (n === 0) return [];
      return quiet.hour('GET shop/lookup', start, {
        requests: n,
        callers: n,
        targets: n,
        target_runs: n,
        few_callers: n,
        single_callers: extra,
        new_callers: n,
        fresh_single_callers: extra,
        anonymous: n,
      });
    };
    for (let h = 0; h < 9 * 24; h++) expect(lookup(MONDAY + h * HOUR, 0)).toEqual([]);
    const found: { after: number; evidence: number }[] = [];
    for (let h = 0; h < 24; h++) {
      for (const candidate of lookup(MONDAY + (9 * 24 + h) * HOUR, 1))
        if (candidate.detector === 'account_enumeration') found.push({ after: h, evidence: candidate.evidence });
    }
    // one more in each hour is far within an hour's chance
    expect(found.length).toBeGreaterThan(0);
    expect(Math.max(...found.map(({ evidence }) => evidence))).toBeGreaterThan(8);
  });

  /** Nine days of a claim interface, then a day with `known` more callers an hour and `young` young ones that came for it; the strongest evidence. */
  function dayOfClaims(known: number, young: (hour: number) => number): number {
    const { feed: shop, random: own } = weeks(9);
    const claims = (start: number, more: number, extra: number): ReturnType<WindowFeed['hour']> => {
      const others = poisson(own, 5 + more);
      const n = others + extra;
      if (n === 0) return [];
      return shop.hour(
        'POST shop/claim',
        start,
        {
          requests: n,
          callers: n,
          young_callers: extra + (own() < 0.3 ? 1 : 0),
          new_callers: Math.min(n, extra + 1 + poisson(own, 0.7 * more)),
          few_callers: n,
          aimed_young_callers: extra,
          fresh_single_callers: Math.ceil(extra / 2),
          prefixes: n,
          devices: n,
        },
        FLAG.benefit,
      );
    };
    for (let h = 0; h < 9 * 24; h++) claims(MONDAY + h * HOUR, 0, h % 40 === 7 ? 1 : 0);
    const found = Array.from({ length: 24 }, (_, h) => claims(MONDAY + (9 * 24 + h) * HOUR, known, young(h))).flat();
    return Math.max(0, ...found.filter(({ detector }) => detector === 'fraud_cohort').map(({ evidence }) => evidence));
  }

  it('sees young accounts that come for a benefit, a few a day', () => {
    expect(dayOfClaims(0, (h) => h % 2)).toBeGreaterThan(7);
  });

  it('does not take those for a cohort whom an announced offer brings with everyone else', () => {
    const alone = dayOfClaims(0, (h) => h % 2);
    const drawn = dayOfClaims(6, (h) => h % 2);
    expect(drawn).toBeLessThan(5);
    expect(alone).toBeGreaterThan(drawn + 3);
  });

  it('sees answers without an account within minutes, few where nobody ever gets one', () => {
    const minute = (anonymous: number): string[] =>
      feed
        .minute('GET shop/api/5', now + 2 * HOUR, { requests: 20 }, { requests: anonymous + 20, anonymous_ok: anonymous })
        .map((c) => c.detector);
    expect(minute(29)).toEqual([]);
    expect(minute(60)).toEqual(['unauthenticated_interface']);
  });

  it('alarms at the stop, by minutes, and not at night', () => {
    const key = 'GET shop/api/7';
    const slot = feed.slotOf(key);
    const base = now + HOUR;
    let at = -1;
    expect(feed.scoring.expectsMinute('t', slot, calendarAt(base), 0)).toBe(true);
    for (let m = 0; m < 60 && at < 0; m++) {
      const out = feed.minute(key, base + m * 60_000, m < 20 ? { requests: 9 } : {}, { requests: Math.min(m, 20) * 9 });
      if (out.length > 0) at = m;
    }
    expect(at).toBeGreaterThan(20);
    expect(at).toBeLessThan(45);
    // a little longer it is looked at; then nothing could be said more surely
    for (let m = at + 1; m < at + 6; m++) feed.minute(key, base + m * 60_000, {}, { requests: 180 });
    expect(feed.scoring.expectsMinute('t', slot, calendarAt(base), 0)).toBe(false);
    expect(feed.scoring.expectsMinute('t', feed.slotOf('GET shop/api/0'), calendarAt(now - 8 * HOUR), 0)).toBe(false);
  });
});

describe('what is asked for', () => {
  /** Eight days of an interface that a few people an hour use; then hours with `more` beside them. Detectors that spoke of those. */
  function spokenOf(key: string, usual: (random: () => number) => Record<string, number>, more: Record<string, number>, hours: number) {
    const feed = new WindowFeed('interface');
    const random = seeded(31);
    const spoken = new Set<string>();
    for (let hour = 0; hour < 8 * 24 + hours; hour++) {
      const start = MONDAY + hour * HOUR;
      const values = usual(random);
      const late = hour >= 8 * 24;
      if (late) for (const [name, by] of Object.entries(more)) values[name] = (values[name] ?? 0) + by;
      const found = feed.hour(key, start, values);
      if (late) for (const { detector } of found) spoken.add(detector);
      feed.end(start);
    }
    return [...spoken];
  }

  it('by a client that loops on an error is nothing that is enumerated', () => {
    const usual = (random: () => number) => {
      const requests = 20 + poisson(random, 20);
      return { requests, callers: 12, objects: Math.round(requests * 0.7), missing: poisson(random, 0.5), few_callers: 8, top_caller: 6 };
    };
    const tries = { requests: 180, callers: 1, missing: 180, top_caller: 174, heavy_callers: 1, single_callers: 1 };
    expect(spokenOf('GET shop/rides/{id}', usual, { ...tries, objects: 1 }, 6)).not.toContain('account_enumeration');
    expect(spokenOf('GET shop/rides/{id}', usual, { ...tries, objects: 180 }, 6)).toContain('account_enumeration');
  });

  it('in bodies, which nobody sees, is told by callers that are refused', () => {
    const usual = (random: () => number) => {
      const requests = poisson(random, 0.6);
      return { requests, callers: requests, few_callers: requests, missing: random() < 0.08 * requests ? 1 : 0, single_callers: requests };
    };
    const tries = { requests: 2, callers: 2, missing: 2, few_callers: 2, single_callers: 2 };
    expect(spokenOf('POST shop/activate', usual, tries, 24)).toContain('account_enumeration');
    // a link that is broken is asked for as often as before
    expect(spokenOf('GET shop/activate', usual, tries, 24)).not.toContain('account_enumeration');
    expect(spokenOf('POST shop/activate', usual, { missing: 1 }, 24)).not.toContain('account_enumeration');
  });
});

describe('a lookup half of whose callers come once and do nothing else', () => {
  it('is no enumeration on the days on which that is first learned', () => {
    const feed = new WindowFeed('interface');
    const random = seeded(12);
    const spoken: number[] = [];
    for (let hour = 0; hour < 6 * 24; hour++) {
      const start = MONDAY + hour * HOUR;
      const callers = 4 + poisson(random, 6);
      // a few mistype, on the fourth day a few more
      const mistyped = poisson(random, hour >= 72 && hour < 96 ? 1.2 : 0.5);
      const once = Math.min(callers, poisson(random, callers / 2));
      const values = { requests: 2 * callers, callers, single_callers: callers, new_callers: once, fresh_single_callers: once };
      const asked = { targets: 2 * callers, target_runs: 2 * callers, client_errors: mistyped };
      const found = feed.hour('GET shop/lookup', start, { ...values, ...asked });
      if (found.some(({ detector }) => detector === 'account_enumeration')) spoken.push(hour);
      for (let other = 0; other < 6; other++) feed.hour(`GET shop/list${other}`, start, benign(random, start, 10));
      feed.end(start);
    }
    expect(spoken).toEqual([]);
    expect(spoken).toEqual([]);
  });
});

describe('passwords tried from the third day on, where one login in six is mistyped', () => {
  it('are seen by newcomers that fail', () => {
    const feed = new WindowFeed('interface');
    const random = seeded(37);
    const spoken: number[] = [];
    for (let hour = 0; hour < 4 * 24; hour++) {
      const start = MONDAY + hour * HOUR;
      const requests = 30 + poisson(random, 20);
      const failures = poisson(random, requests / 6);
      const newcomers = poisson(random, hour < 24 ? 20 : hour < 48 ? 6 : 2);
      const tries = hour >= 54 ? poisson(random, 2.5) : 0;
      const values = {
        requests: requests + tries,
        callers: requests - 5 + tries,
        failures: failures + tries,
        failing_callers: poisson(random, 2) + tries,
        new_source_requests: newcomers + tries,
        new_source_failures: Math.min(newcomers, poisson(random, newcomers / 6)) + tries,
      };
      for (const { detector } of feed.hour('POST shop/login', start, values, FLAG.login))
        if (detector.startsWith('credential_stuffing')) spoken.push(hour);
      feed.end(start);
    }
    expect(spoken.filter((hour) => hour < 54)).toEqual([]);
    expect(spoken.filter((hour) => hour < 54 + 24).length).toBeGreaterThan(0);
  });
});
