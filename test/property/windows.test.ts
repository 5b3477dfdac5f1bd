import { describe, expect, test } from 'vitest';
import { openBackend } from '../../models/autoencoder/backend.ts';
import { openBundle } from '../../models/learned/open-bundle.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import { ACCOUNT_FEATURES, INTERFACE_FEATURES } from '../../models/windows.ts';
import { FLAG } from '../../services/core/batch.ts';
import { octavesOf } from '../../services/core/octaves.ts';
import { watermarkOf } from '../../services/core/watermark.ts';
import type { PlainEvent } from '../support/random-events.ts';
import { batchOf, random, randomEvents } from '../support/random-events.ts';
import { alertsText, rowsText, StageNet } from '../support/stage-net.ts';

const catalogue = new BundleCatalogue(undefined);
const shipped = await openBundle(catalogue.bundle(catalogue.newestShipped as string), openBackend);
const LATENESS = 120_000;
const START = Date.UTC(2026, 3, 6, 9, 17);

interface Way {
  partitions: number;
  batch: number;
  shuffled: boolean;
  /** number of tasks after a restart in the middle */
  restart?: number;
}

function run(events: PlainEvent[], way: Way): StageNet {
  const next = random(99);
  const order = way.shuffled
    ? events
        .map((event) => ({ event, key: event.at + next() * LATENESS * 0.99 }))
        .sort((a, b) => a.key - b.key)
        .map(({ event }) => event)
    : events;
  let net = new StageNet(way.partitions, undefined, undefined, shipped);
  let highest = 0;
  let told = 0;
  for (let i = 0; i < order.length; i += way.batch) {
    const part = order.slice(i, i + way.batch);
    net.events(batchOf(part));
    for (const event of part) highest = Math.max(highest, event.at);
    const time = watermarkOf(highest, LATENESS);
    if (time > told) {
      told = time;
      net.control({ kind: 'watermark', tenant: 'shop', upstream: 'p0', upstreams: 1, time });
    }
    if (way.restart !== undefined && i <= order.length / 2 && i + way.batch > order.length / 2) net = net.restart(way.restart);
  }
  net.control({ kind: 'end', tenant: 'shop', upstream: 'p0', provisional: true });
  return net;
}

/** Gaps between the starts of bursts of an hour's first 40 different instants, and how even they are. */
function beatsOf(instants: number[]): [number, number] {
  const times = [...new Set(instants.map((at) => at % 3_600_000))].sort((a, b) => a - b).slice(0, 40);
  if (times.length < 6) return [0, 0];
  const starts = times.filter((time, i) => i === 0 || time - times[i - 1] >= 5000);
  const gaps = starts.slice(1).map((start, i) => start - starts[i]);
  if (gaps.length < 5) return [gaps.length, 0];
  const middle = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];
  const median = middle(gaps);
  return [gaps.length, median < 500 ? 0 : Math.round(1000 * (1 - Math.min(1, middle(gaps.map((gap) => Math.abs(gap - median))) / median)))];
}

/** What minutes and looks have said. */
const earlyOf = (net: StageNet): string =>
  net.early
    .map((candidate) => JSON.stringify(candidate))
    .sort()
    .join('\n');

/**
 * Within 25 minutes from `at` on: passwords tried and codes sent from many addresses, of which some are used for other
 * things too, and paths asked for that are not there. For looks at each view.
 */
function attacks(at: number): PlainEvent[] {
  const plain = { device: 9, bytesOut: 300, duration: 5, object: 0, objectNumber: -1, target: '', status: 200, flags: 0 };
  const next = random(11);
  return Array.from({ length: 500 }, (_, i): PlainEvent => {
    const event = { ...plain, at: at + i * 3000, id: 20_000 + i };
    const address = `10.77.${i % 90}.${i % 9}`;
    const account = next() < 0.5 ? address : `user-${i % 50}`;
    const anonymous = account === address ? FLAG.anonymous : 0;
    if (i % 3 === 0) {
      const flags = FLAG.login | FLAG.failure | anonymous;
      return { ...event, account, address, interface: 'POST shop/login', status: 401, target: `t${i % 200}`, flags };
    }
    if (i % 3 === 1) {
      const flags = FLAG.sendCode | anonymous;
      return { ...event, account, address, interface: 'POST shop/sms', target: 'victim', flags };
    }
    const object = 40_000 + i;
    return { ...event, account: '10.99.0.1', address: '10.99.0.1', interface: 'GET shop/{id}', status: 404, flags: FLAG.anonymous, object };
  });
}

describe('windows and alerts do not depend on how the events came', () => {
  const events = randomEvents(1, { start: START, hours: 30, accounts: 60, events: 6000 });
  // one account reads everything late in the second day: something has to alert, or the comparison is empty
  for (let i = 0; i < 1500; i++) {
    events.push({
      ...events[0],
      at: START + 27 * 3_600_000 + i * 2000,
      account: 'user-3',
      interface: 'GET shop/api/5/{id}',
      object: 7_000_000 + i * 7919,
      objectNumber: 100_000 + i,
      bytesOut: 100_000,
      status: 200,
      flags: 0,
      target: '',
      id: 10_000 + i,
    });
  }
  events.push(...attacks(START + 22 * 3_600_000 + 180_000));
  events.sort((a, b) => a.at - b.at || a.id - b.id);
  const reference = run(events, { partitions: 1, batch: 500, shuffled: false });

  test('the reference has windows, and alerts, of trained scorers too', () => {
    expect(reference.rows.length).toBeGreaterThan(800);
    expect(reference.alerts.length).toBeGreaterThan(0);
    expect(reference.alerts.some(({ model }) => model.name === 'forest')).toBe(true);
    expect(reference.late).toEqual([]);
  });

  test('the reference has looks of every view, at several marks', () => {
    const looks = reference.early.filter(({ end }) => end % (5 * 60_000) === 0);
    expect(new Set(looks.map(({ view }) => view))).toEqual(new Set(['account', 'interface', 'source', 'target']));
    expect(new Set(looks.map(({ end }) => end)).size).toBeGreaterThan(3);
    const early = reference.alerts.filter(({ window }) => Date.parse(window.end) % 3_600_000 !== 0);
    expect(new Set(early.map(({ entity }) => entity.kind))).toEqual(new Set(['account', 'interface', 'source', 'target']));
  });

  test('a look and its hour are one alert', () => {
    const ids = reference.alerts.map(({ alert_id }) => alert_id);
    expect(new Set(ids).size).toBe(ids.length);
    const hours = new Map<string, number>();
    for (const { detector, entity, window } of reference.alerts) {
      const key = `${detector} ${entity.id} ${window.start}`;
      hours.set(key, (hours.get(key) ?? 0) + 1);
    }
    expect([...hours.values()].every((alerts) => alerts === 1)).toBe(true);
  });

  const ways: Way[] = [
    { partitions: 1, batch: 37, shuffled: false },
    { partitions: 1, batch: 101, shuffled: true },
    { partitions: 2, batch: 499, shuffled: true },
    { partitions: 3, batch: 64, shuffled: false },
    { partitions: 1, batch: 250, shuffled: false, restart: 1 },
    { partitions: 3, batch: 250, shuffled: true, restart: 2 },
    { partitions: 1, batch: 333, shuffled: true, restart: 4 },
  ];
  test.each(ways)('%o', (way) => {
    const net = run(events, way);
    expect(net.late).toEqual([]);
    expect(rowsText(net)).toBe(rowsText(reference));
    expect(alertsText(net)).toBe(alertsText(reference));
    expect(earlyOf(net)).toBe(earlyOf(reference));
  });

  test('the windows are what naive code counts', () => {
    const hours = new Map<string, PlainEvent[]>();
    for (const event of events) {
      const hour = Math.floor(event.at / 3_600_000) * 3600;
      for (const key of [`account ${event.account} ${hour}`, `interface ${event.interface} ${hour}`])
        hours.set(key, [...(hours.get(key) ?? []), event]);
    }
    let checked = 0;
    let beating = 0;
    let failing = 0;
    let aiming = 0;
    const firsts = new Map<string, number>();
    const ofHours = new Map<string, number>();
    for (const { account, at } of events) {
      firsts.set(account, Math.min(firsts.get(account) ?? at, at));
      const hour = `${account} ${Math.floor(at / 3_600_000) * 3600}`;
      ofHours.set(hour, (ofHours.get(hour) ?? 0) + 1);
    }
    const firstOf = (account: string): number => firsts.get(account) ?? 0;
    const hourOf = (account: string, start: number): number => ofHours.get(`${account} ${start}`) ?? 0;
    for (const row of reference.rows) {
      const [, view, size, key, start, , , packed] = row.split('\t');
      if (size !== '1h' || (view !== 'account' && view !== 'interface')) continue;
      const list = view === 'account' ? ACCOUNT_FEATURES : INTERFACE_FEATURES;
      const values = JSON.parse(packed) as number[];
      const value = (name: string): number => values[(list as readonly string[]).indexOf(name)] ?? 0;
      const mine = hours.get(`${view} ${key} ${Math.floor(Number(start))}`) ?? [];
      hours.delete(`${view} ${key} ${Math.floor(Number(start))}`);
      const distinct = (of: (event: PlainEvent) => unknown): number => new Set(mine.map(of)).size;
      expect(value('requests')).toBe(mine.length);
      expect(value('bytes_out')).toBe(mine.reduce((sum, event) => sum + event.bytesOut, 0));
      expect(value('missing')).toBe(mine.filter((event) => event.status === 404).length);
      if (view === 'account') {
        expect(value('interfaces')).toBe(distinct((event) => event.interface));
        expect(value('addresses')).toBe(distinct((event) => event.address));
        expect(value('active_minutes')).toBe(distinct((event) => Math.floor(event.at / 60_000)));
        const objects = new Set(mine.map((event) => event.object).filter((object) => object !== 0)).size;
        if (objects < 64) expect(value('objects')).toBe(objects);
        expect(value('active_hours')).toBe(1);
        expect([value('beats'), value('beat_regularity')]).toEqual(beatsOf(mine.map((event) => event.at)));
        if (value('beat_regularity') > 0) beating++;
      } else {
        expect(value('callers')).toBe(distinct((event) => event.account));
        expect(value('duration_ms')).toBe(mine.reduce((sum, event) => sum + event.duration, 0));
        for (const [name, of] of [
          ['duration', (event: PlainEvent) => event.duration],
          ['size', (event: PlainEvent) => event.bytesOut],
        ] as const) {
          const steps = mine.map((event) => octavesOf(of(event)));
          expect(value(`${name}_octaves`)).toBe(steps.reduce((sum, step) => sum + step, 0));
          expect(value(`${name}_octaves_squared`)).toBe(steps.reduce((sum, step) => sum + step * step, 0));
        }
        const erring = new Set(mine.filter((event) => event.status >= 500).map((event) => event.account)).size;
        expect(value('erring_callers')).toBe(erring);
        if (erring > 0) failing++;
        const aimed = [...new Set(mine.map((event) => event.account))].filter((account) => {
          const all = hourOf(account, Math.floor(Number(start)));
          const here = mine.filter((event) => event.account === account).length;
          return firstOf(account) > Number(start) * 1000 - 86_400_000 && 5 * here >= all;
        }).length;
        expect(value('aimed_young_callers')).toBe(aimed);
        if (aimed > 0 && aimed < value('callers')) aiming++;
      }
      checked++;
    }
    expect(hours.size).toBe(0);
    expect(checked).toBeGreaterThan(500);
    expect(beating).toBeGreaterThan(20);
    expect(failing).toBeGreaterThan(20);
    expect(aiming).toBeGreaterThan(20);
  });
});

describe('what comes back after a long quiet time starts anew', () => {
  // two days, ten days of little, two days: source-named accounts (8 days), sources and targets (72 hours) are forgotten between
  const first = randomEvents(5, { start: START, hours: 30, accounts: 50, events: 3000 });
  const between = randomEvents(6, { start: START + 3 * 86_400_000, hours: 200, accounts: 2, events: 300 });
  const last = randomEvents(7, { start: START + 13 * 86_400_000, hours: 30, accounts: 50, events: 3000 });
  const events = [
    ...first,
    ...between.map((event) => ({ ...event, id: event.id + 20_000 })),
    ...last.map((event) => ({ ...event, id: event.id + 30_000 })),
  ];
  const reference = run(events, { partitions: 1, batch: 20, shuffled: false });

  test.each<Way>([
    { partitions: 1, batch: 2000, shuffled: false },
    { partitions: 2, batch: 700, shuffled: true },
    { partitions: 2, batch: 150, shuffled: true, restart: 1 },
  ])('%o', (way) => {
    const net = run(events, way);
    expect(rowsText(net)).toBe(rowsText(reference));
    expect(alertsText(net)).toBe(alertsText(reference));
  });
});

test('what is known of an interface that hardly anyone asks for outlives a restart', () => {
  const events = randomEvents(2, { start: START, hours: 9, accounts: 40, events: 3000 });
  for (const event of events.filter(({ id }) => id < 3000 && id % 3 === 0))
    events.push({
      ...event,
      at: event.at + 3,
      interface: `GET shop/static/${event.id % 300}`,
      object: 0,
      objectNumber: -1,
      target: '',
      status: 200,
      flags: (event.flags & FLAG.anonymous) | FLAG.asset,
      id: 50_000 + event.id,
    });
  events.sort((a, b) => a.at - b.at || a.id - b.id);
  const reference = rowsText(run(events, { partitions: 2, batch: 100, shuffled: false }));
  for (const restart of [2, 3]) expect(rowsText(run(events, { partitions: 2, batch: 100, shuffled: false, restart }))).toBe(reference);
});
