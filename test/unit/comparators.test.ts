import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACCOUNT_DAY } from '../../models/comparators/account-day.ts';
import { ACCOUNT_HALF_SPACES } from '../../models/comparators/account-hours.ts';
import type { ComparatorAlert, PlainEvent, RuleKind } from '../../models/comparators/contract.ts';
import { TenantsComparator } from '../../models/comparators/contract.ts';
import { DISTINCT_VALUES } from '../../models/comparators/distinct-values.ts';
import { HalfSpaceTrees } from '../../models/comparators/half-space-trees.ts';
import { comparatorIncidents } from '../../models/comparators/incidents.ts';
import { COMPARATORS, createComparators } from '../../models/comparators/index.ts';
import { INTERFACE_HOUR } from '../../models/comparators/interface-hour.ts';
import { INTERFACE_RATE } from '../../models/comparators/interface-rate.ts';
import { CRAWL_BUCKET, FAILURE_BUCKET } from '../../models/comparators/leaky-bucket.ts';
import { Moments } from '../../models/comparators/moments.ts';
import { RecencyMap } from '../../models/comparators/recency-map.ts';
import { evaluateIncidents } from '../../models/evaluation/incidents.ts';
import { IncidentRecord } from '../../schemas/alert.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const T0 = Date.UTC(2026, 2, 2);

function event(wish: Partial<PlainEvent>): PlainEvent {
  return {
    time: T0,
    tenant: 'shop',
    account: '',
    source: '203.0.113.9',
    interface: 'GET api.shop.example/items/{id}',
    path: '/items/1',
    status: 200,
    failed: false,
    value: '',
    bytes: 100,
    ...wish,
  };
}

function run(kind: RuleKind, events: readonly PlainEvent[], floor = 1): ComparatorAlert[] {
  const comparator = new TenantsComparator(kind, { floor });
  for (const one of events) comparator.take(one);
  return comparator.end().filter(({ score }) => score >= kind.threshold * floor);
}

const times = fc.array(fc.integer({ min: 0, max: 40 * SECOND }), { minLength: 1, maxLength: 60 }).map((all) => all.sort((a, b) => a - b));

/** CrowdSec's own bucket, step by step: content leaks continuously, an event that finds it full overflows it. */
function overflows(at: readonly number[], capacity: number, leakMs: number): boolean {
  let content = 0;
  let before = 0;
  for (const time of at) {
    content = Math.max(0, content - (time - before) / leakMs);
    before = time;
    if (content + 1 > capacity + 1e-9) return true;
    content++;
  }
  return false;
}

describe('leaky bucket per address', () => {
  it('lets five failures pass and alerts on the sixth', () => {
    const failures = (count: number): PlainEvent[] => Array.from({ length: count }, (_, i) => event({ time: T0 + i, failed: true }));
    expect(run(FAILURE_BUCKET, failures(5))).toEqual([]);
    const [alert, ...others] = run(FAILURE_BUCKET, failures(6));
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ entity: { kind: 'source', id: '203.0.113.9' }, start: T0, detectedAt: T0 + 5 });
    // kept from half of it on for a sweep, it is still detected when it overflows
    expect(run(FAILURE_BUCKET, failures(6), 0.5)).toEqual([alert]);
    expect(run(FAILURE_BUCKET, failures(4), 0.5)).toMatchObject([{ detectedAt: T0 + 2 }]);
  });

  it('one every ten seconds never overflows it, two do', () => {
    const every = (ms: number): PlainEvent[] => Array.from({ length: 200 }, (_, i) => event({ time: T0 + i * ms, failed: true }));
    expect(run(FAILURE_BUCKET, every(10 * SECOND))).toEqual([]);
    expect(run(FAILURE_BUCKET, every(5 * SECOND))).toHaveLength(1);
  });

  it('overflows exactly when a bucket that is watched step by step does', () => {
    let seen = 0;
    fc.assert(
      fc.property(times, (offsets) => {
        const found = run(
          FAILURE_BUCKET,
          offsets.map((offset) => event({ time: T0 + offset, failed: true })),
        ).length;
        const expected = overflows(offsets, 5, 10 * SECOND);
        if (expected) seen++;
        expect(found > 0).toBe(expected);
      }),
      { numRuns: 300, seed: 7 },
    );
    expect(seen).toBeGreaterThan(20);
  });

  it('counts paths once while the bucket lives, by host, and no static files or posts', () => {
    const walk = (wish: (i: number) => Partial<PlainEvent>): ComparatorAlert[] =>
      run(
        CRAWL_BUCKET,
        Array.from({ length: 60 }, (_, i) => event({ time: T0 + i * 100, path: `/items/${i}`, ...wish(i) })),
      );
    expect(walk(() => ({}))).toHaveLength(1);
    expect(walk(() => ({ path: '/items/1' }))).toEqual([]);
    expect(walk((i) => ({ path: `/${i}.css` }))).toEqual([]);
    expect(walk(() => ({ interface: 'POST api.shop.example/items/{id}' }))).toEqual([]);
    expect(walk((i) => ({ interface: `GET h${i % 2}.example/items/{id}` }))).toEqual([]);
    expect(walk((i) => ({ source: `203.0.113.${i % 4}` }))).toEqual([]);
  });
});

describe('distinct values per address', () => {
  it('agrees with a count over all of the last five minutes', () => {
    const steps = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 6 * SECOND }), value: fc.integer({ min: 0, max: 300 }) }), {
      minLength: 60,
      maxLength: 160,
    });
    let seen = 0;
    fc.assert(
      fc.property(steps, (all) => {
        let time = T0;
        const events = all.map(({ wait, value }) => {
          time += wait;
          return event({ time, value: `u${value}` });
        });
        const most = Math.max(
          ...events.map(
            ({ time: now }) =>
              new Set(events.filter((one) => one.time <= now && now - one.time <= 5 * MINUTE).map(({ value }) => value)).size,
          ),
        );
        const alerts = run(DISTINCT_VALUES, events);
        if (most >= 50) seen++;
        expect(alerts.length > 0).toBe(most >= 50);
        if (most >= 50) expect(Math.max(...alerts.map(({ score }) => score))).toBeCloseTo(most / 50, 10);
      }),
      { numRuns: 100, seed: 3 },
    );
    expect(seen).toBeGreaterThan(10);
  });

  it('takes the path where the interface has a place for ids and nothing else is named', () => {
    const of = (wish: Partial<PlainEvent>): ComparatorAlert[] =>
      run(
        DISTINCT_VALUES,
        Array.from({ length: 60 }, (_, i) => event({ time: T0 + i * SECOND, path: `/items/${i}`, ...wish })),
      );
    expect(of({})).toHaveLength(1);
    expect(of({ interface: 'GET api.shop.example/items' })).toEqual([]);
    expect(of({ value: 'same' })).toEqual([]);
  });
});

describe('learned rate limit per interface', () => {
  /** Two days in which nine callers send two requests in five minutes and every tenth sends four: p90 is 2. */
  function learned(): PlainEvent[] {
    const events: PlainEvent[] = [];
    for (let period = 0; period < 576; period++) {
      const count = period % 10 === 9 ? 4 : 2;
      for (let i = 0; i < count; i++) events.push(event({ time: T0 + period * 5 * MINUTE + i * SECOND, source: '198.51.100.1' }));
    }
    return events;
  }
  const burst = (count: number, at: number): PlainEvent[] =>
    Array.from({ length: count }, (_, i) => event({ time: at + i, source: '203.0.113.50' }));

  it('allows the 90th percentile and half as much again, and names who goes beyond', () => {
    const day2 = T0 + 2 * DAY;
    expect(run(INTERFACE_RATE, [...learned(), ...burst(3, day2), event({ time: day2 + DAY })])).toEqual([]);
    const alerts = run(INTERFACE_RATE, [...learned(), ...burst(6, day2), event({ time: day2 + DAY })]);
    expect(alerts).toEqual([
      {
        tenant: 'shop',
        entity: { kind: 'interface', id: 'GET api.shop.example/items/{id}' },
        actors: [{ kind: 'source', id: '203.0.113.50' }],
        start: day2,
        end: day2 + 5 * MINUTE,
        detectedAt: day2 + 5 * MINUTE,
        score: 2,
      },
    ]);
  });

  it('limits nothing before two whole days are behind it', () => {
    const events = learned().filter(({ time }) => time < T0 + DAY);
    expect(run(INTERFACE_RATE, [...events, ...burst(500, T0 + DAY), event({ time: T0 + 1.5 * DAY })])).toEqual([]);
  });
});

describe('z-scores', () => {
  it('agree with two passes over all values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 50 }),
        fc.integer({ min: 0, max: 5000 }),
        (past, value) => {
          const moments = new Moments();
          for (const one of past) moments.add(one);
          const mean = past.reduce((sum, one) => sum + one, 0) / past.length;
          const deviation = Math.sqrt(past.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (past.length - 1));
          expect(moments.z(value)).toBeCloseTo(deviation === 0 ? 0 : (value - mean) / deviation, 6);
        },
      ),
      { seed: 11 },
    );
  });

  const days = (counts: readonly number[]): PlainEvent[] =>
    counts.flatMap((count, day) => [
      ...Array.from({ length: count }, (_, i) => event({ time: T0 + day * DAY + i * SECOND, account: 'anna' })),
      event({ time: T0 + day * DAY + 20 * HOUR, account: 'clock' }),
    ]);

  it('of an account’s day: more or less than three deviations from its days', () => {
    expect(run(ACCOUNT_DAY, days([10, 12, 11, 9, 12]))).toEqual([]);
    const [alert] = run(ACCOUNT_DAY, days([10, 12, 11, 9, 40]));
    expect(alert).toMatchObject({ entity: { kind: 'account', id: 'anna' }, start: T0 + 4 * DAY, detectedAt: T0 + 5 * DAY });
    expect(alert.score).toBeCloseTo((40 - 10.5) / Math.sqrt(5 / 3), 6);
    // a day without a request is a day too
    expect(run(ACCOUNT_DAY, days([10, 12, 11, 9, 0])).map(({ score }) => score)).toEqual([expect.closeTo(10.5 / Math.sqrt(5 / 3), 6)]);
  });

  it('of an interface’s hour: requests or failures, with its busiest callers', () => {
    const hours = (failed: (hour: number) => number): PlainEvent[] =>
      Array.from({ length: 48 }, (_, hour) =>
        Array.from({ length: 20 + (hour % 3) }, (_, i) =>
          event({
            time: T0 + hour * HOUR + i * MINUTE,
            interface: 'POST api.shop.example/login',
            account: `u${i}`,
            failed: i < failed(hour),
          }),
        ),
      ).flat();
    expect(
      run(
        INTERFACE_HOUR,
        hours((hour) => hour % 2),
      ),
    ).toEqual([]);
    const [alert, ...others] = run(
      INTERFACE_HOUR,
      hours((hour) => (hour === 40 ? 15 : hour % 2)),
    );
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      entity: { kind: 'interface', id: 'POST api.shop.example/login' },
      start: T0 + 40 * HOUR,
      end: T0 + 41 * HOUR,
    });
    expect(alert.actors).toHaveLength(21);
  });
});

describe('half-space trees', () => {
  const options = { trees: 5, depth: 6, window: 30, seed: 4 };
  const point = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });

  it('score by the mass that a count over the whole last window gives', () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 60, maxLength: 60 }), point, (window, asked) => {
        const trees = new HalfSpaceTrees(3, options);
        for (const one of window) trees.learn(one);
        const last = window.slice(30);
        const sum = Array.from({ length: options.trees }, (_, tree) => {
          let inside = last;
          let node = 1;
          let level = 0;
          while (level < options.depth && inside.length > 3) {
            const { dimension, at } = trees.cut(tree, node);
            const left = asked[dimension] < at;
            inside = inside.filter((one) => one[dimension] < at === left);
            node = 2 * node + (left ? 0 : 1);
            level++;
          }
          return inside.length * 2 ** level;
        }).reduce((a, b) => a + b, 0);
        expect(trees.score(asked)).toBeCloseTo(1 - Math.log1p(sum / options.trees) / Math.log1p(30 * 2 ** options.depth), 12);
      }),
      { numRuns: 50, seed: 5 },
    );
  });

  it('know nothing before a window is full, then find what lies apart', () => {
    const trees = new HalfSpaceTrees(2);
    const at = (i: number): number[] => [0.2 + 0.05 * ((i * 7) % 11), 0.3 + 0.03 * ((i * 5) % 13)];
    for (let i = 0; i < 249; i++) trees.learn(at(i));
    expect(trees.ready).toBe(false);
    trees.learn(at(249));
    expect(trees.ready).toBe(true);
    const usual = Math.max(...Array.from({ length: 143 }, (_, i) => trees.score(at(i))));
    expect(trees.score([0.98, 0.97])).toBeGreaterThan(usual);
  });

  it('judge account hours: one that does far more than all others alerts', () => {
    const events: PlainEvent[] = [];
    for (let hour = 0; hour < 40; hour++) {
      for (let account = 0; account < 20; account++) {
        const count = account === 3 && hour === 35 ? 600 : 2 + ((account * 7 + hour * 3) % 9);
        for (let i = 0; i < count; i++)
          events.push(
            event({ time: T0 + hour * HOUR + i * SECOND, account: `u${account}`, path: `/items/${i}`, failed: count > 100 && i % 2 === 0 }),
          );
      }
    }
    events.sort((a, b) => a.time - b.time);
    const alerts = run(ACCOUNT_HALF_SPACES, events);
    expect(alerts[0].entity.id).toBe('u3');
    expect(new Set(alerts.map(({ entity }) => entity.id)).size).toBeLessThan(4);
  });
});

describe('a recency map', () => {
  it('holds at most its limit and tells of whom it forgets', () => {
    const forgotten: string[] = [];
    const map = new RecencyMap<number>(2, (key) => forgotten.push(key));
    for (const key of ['a', 'b', 'a', 'c', 'd']) map.touch(key, () => 0);
    expect(forgotten).toEqual(['b', 'a']);
    expect([...map].map(([key]) => key)).toEqual(['c', 'd']);
  });
});

describe('incidents of a comparator', () => {
  const rule = { name: 'rule', title: 'a rule', threshold: 1 };
  const alert = (wish: Partial<ComparatorAlert>): ComparatorAlert => ({
    tenant: 'shop',
    entity: { kind: 'interface', id: 'POST shop/login' },
    actors: [],
    start: T0,
    end: T0 + HOUR,
    detectedAt: T0 + HOUR,
    score: 2,
    ...wish,
  });

  it('fold what lies within an hour, hold at most 48 hours and follow the schema', () => {
    const hourly = Array.from({ length: 60 }, (_, i) =>
      alert({ start: T0 + i * HOUR, end: T0 + (i + 1) * HOUR, detectedAt: T0 + (i + 1) * HOUR }),
    );
    const late = alert({ start: T0 + 62.5 * HOUR, end: T0 + 63 * HOUR });
    const incidents = comparatorIncidents(rule, [...hourly, late, alert({ tenant: 'other' })]);
    expect(incidents).toHaveLength(4);
    for (const incident of incidents) {
      expect(IncidentRecord.parse(incident)).toEqual(incident);
      expect(Date.parse(incident.ended_at) - Date.parse(incident.started_at)).toBeLessThanOrEqual(48 * HOUR);
    }
    expect(new Set(incidents.map(({ incident_id }) => incident_id)).size).toBe(4);
  });

  it('leave out what lies below the threshold, and name the strongest actors first', () => {
    const weak = alert({ score: 0.5, actors: [{ kind: 'account', id: 'weak' }] });
    const strong = alert({ score: 9, start: T0 + HOUR, actors: [{ kind: 'account', id: 'strong' }] });
    const middle = alert({ score: 3, actors: [{ kind: 'account', id: 'middle' }] });
    expect(comparatorIncidents(rule, [weak, strong, middle])[0].actors.map(({ id }) => id)).toEqual(['strong', 'middle']);
    expect(comparatorIncidents(rule, [weak, strong, middle], 4)[0].actor_count).toBe(1);
  });

  it('find a flood of failures from one address, judged as Weir is', () => {
    const events = Array.from({ length: 400 }, (_, i) =>
      event({ time: T0 + DAY + i * SECOND, failed: true, value: `u${i}`, interface: 'POST api.shop.example/login', path: '/login' }),
    );
    const found: Record<string, number> = {};
    for (const comparator of createComparators()) {
      for (const one of events) comparator.take(one);
      const incidents = comparatorIncidents(comparator, comparator.end());
      const result = evaluateIncidents(
        incidents,
        [],
        [
          {
            id: 'c',
            tenant: 'shop',
            scenario: { number: 1, name: 'credential_stuffing' },
            start: new Date(T0 + DAY).toISOString(),
            end: new Date(T0 + DAY + HOUR).toISOString(),
            interfaces: ['POST api.shop.example/login'],
            targets: [],
            accounts: [],
            sources: ['203.0.113.9'],
          },
        ],
        { tenantDays: 1 },
      );
      found[comparator.name] = result.recall.hits;
    }
    expect(found).toMatchObject({ 'failures-per-address': 1, 'values-per-address': 1, 'paths-per-address': 0 });
    expect(Object.keys(found)).toEqual(COMPARATORS.map(({ name }) => name));
  });
});
