import { describe, expect, test } from 'vitest';
import { PopulationLearner } from '../../models/population.ts';
import type { SharedLearner } from '../../models/shared.ts';
import { TemplatesLearner } from '../../models/templates/index.ts';
import { ACCOUNT_FEATURES, INTERFACE_FEATURES } from '../../models/windows.ts';
import { watermarkOf } from '../../services/core/watermark.ts';
import type { PlainEvent } from '../support/random-events.ts';
import { batchOf, random, randomEvents } from '../support/random-events.ts';
import { alertsText, rowsText, StageNet, tenantLearners } from '../support/stage-net.ts';

const LATENESS = 120_000;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 3, 6, 0, 10);
const HOURS = 84;
/** the hour in which one account goes through all names */
const ATTACK = 80;
const NAMES = Array.from({ length: 60 }, (_, i) => {
  const syllables = ['ba', 'de', 'lo', 'mi', 'ru', 'sa', 'ti', 'vo', 'ka', 'ne'];
  return `${syllables[i % 10]}${syllables[(i * 7 + 3) % 10]}${syllables[Math.floor(i / 10)]}n`;
});
const TEMPLATE = 'GET shop/users/{name}/records';

interface Traffic {
  hours: number;
  /** requests of named paths in an hour, by so many accounts */
  named: number;
  accounts: number;
  attacked: boolean;
  nameOf(who: number, next: () => number): string;
}
const FEW: Traffic = {
  hours: HOURS,
  named: 90,
  accounts: 30,
  attacked: true,
  // each account has its own few people to look after
  nameOf: (who, next) => NAMES[(who * 2 + Math.floor(next() ** 2 * 6)) % NAMES.length],
};

/** Traffic of a host whose paths hold names that the pure path rules leave as they are. */
function namedEvents({ hours, named: each, accounts, attacked, nameOf }: Traffic = FEW): PlainEvent[] {
  const events = randomEvents(11, { start: START, hours, accounts: 40, events: 60 * hours });
  const next = random(5);
  let id = 100_000;
  const named = (at: number, who: number, name: string, tail: string): PlainEvent => ({
    ...events[0],
    at,
    account: `user-${who}`,
    interface: `GET shop/users/${name}${tail}`,
    address: `10.${who % 7}.${who}.1`,
    status: 200,
    flags: 0,
    object: 0,
    objectNumber: -1,
    target: '',
    device: 1 + (who % 5),
    id: id++,
  });
  const more: PlainEvent[] = [];
  for (let hour = 0; hour < hours; hour++) {
    for (let n = 0; n < each; n++) {
      const who = Math.floor(next() * accounts);
      const name = nameOf(who, next);
      const tail = ['', '/records', '/orders', '/records'][Math.floor(next() * 4)];
      more.push(named(START + hour * HOUR + Math.floor(next() * HOUR), who, name, tail));
    }
    more.push({ ...named(START + hour * HOUR + 1000, hour % 30, 'me', ''), interface: 'GET shop/users/me' });
    more.push({ ...named(START + hour * HOUR + 2000, hour % 30, 'search', ''), interface: 'GET shop/users/search' });
  }
  for (let n = 0; n < 400 && attacked; n++) {
    const name = n < 60 ? NAMES[n] : `${NAMES[n % 60]}${'xyzqwhj'[Math.floor(n / 60)]}o`;
    more.push({ ...named(START + ATTACK * HOUR + n * 5000, 3, name, '/records'), bytesOut: 30_000 });
  }
  return [...events, ...more].sort((a, b) => a.at - b.at || a.id - b.id);
}

interface Way {
  partitions: number;
  batch: number;
  shuffled: boolean;
  restart?: number;
  /** where in the input the restart is; default: the middle */
  at?: number;
}

function run(events: readonly PlainEvent[], way: Way, learners = tenantLearners): StageNet {
  const next = random(99);
  const order = way.shuffled
    ? events
        .map((event) => ({ event, key: event.at + next() * LATENESS * 0.99 }))
        .sort((a, b) => a.key - b.key)
        .map(({ event }) => event)
    : events;
  let net = new StageNet(way.partitions, undefined, undefined, undefined, learners);
  let highest = 0;
  let told = 0;
  const middle = order.length * (way.at ?? 0.5);
  for (let i = 0; i < order.length; i += way.batch) {
    const part = order.slice(i, i + way.batch);
    net.events(batchOf(part));
    for (const event of part) highest = Math.max(highest, event.at);
    const time = watermarkOf(highest, LATENESS);
    if (time > told) {
      told = time;
      net.control({ kind: 'watermark', tenant: 'shop', upstream: 'p0', upstreams: 1, time });
    }
    if (way.restart !== undefined && i <= middle && i + way.batch > middle) net = net.restart(way.restart);
  }
  net.control({ kind: 'end', tenant: 'shop', upstream: 'p0', provisional: true });
  return net;
}

interface Row {
  view: string;
  key: string;
  /** s UTC */
  start: number;
  value(name: string): number;
}

function rowsOf(net: StageNet): Row[] {
  return net.rows.map((row) => {
    const [, view, , key, start, , , packed] = row.split('\t');
    const values = JSON.parse(packed) as number[];
    const list: readonly string[] = view === 'account' ? ACCOUNT_FEATURES : INTERFACE_FEATURES;
    return { view, key, start: Number(start), value: (name) => values[list.indexOf(name)] ?? 0 };
  });
}

const isNamed = (id: string): boolean => /^GET shop\/users\/(?!me$|search$)/.test(id);

const isAttack = (start: number): boolean => start === Math.floor((START + ATTACK * HOUR) / HOUR) * 3600;

describe('names in paths are folded as panes close', () => {
  const events = namedEvents();
  const reference = run(events, { partitions: 1, batch: 500, shuffled: false });
  const rows = rowsOf(reference);
  const folded = rows.filter(({ key }) => key === TEMPLATE);
  const since = Math.min(...folded.map(({ start }) => start));

  test('from one hour on there are templates, and no name is an interface any more', () => {
    expect(since).toBeLessThanOrEqual((START + 24 * HOUR) / 1000);
    const later = new Set(
      rows.filter(({ view, key, start }) => view === 'interface' && start >= since && isNamed(key)).map(({ key }) => key),
    );
    expect([...later].sort()).toEqual(['GET shop/users/{name}', 'GET shop/users/{name}/orders', TEMPLATE]);
    const literal = rows.filter(({ key, start }) => start >= since && (key === 'GET shop/users/me' || key === 'GET shop/users/search'));
    expect(literal.length).toBeGreaterThan(50);
  });

  test('windows of templates are what naive code counts', () => {
    let checked = 0;
    for (const { key, start, value } of rows) {
      if (start < since || !key.startsWith('GET shop/users/{name}')) continue;
      const tail = key.slice('GET shop/users/{name}'.length);
      const mine = events.filter(
        ({ interface: id, at }) =>
          isNamed(id) && id.split('/').slice(3).join('/') === tail.slice(1) && Math.floor(at / HOUR) * 3600 === start,
      );
      expect(value('requests')).toBe(mine.length);
      // who went through more names than there are cells is a caller of what the cells kept show
      if (!isAttack(start)) expect(value('callers')).toBe(new Set(mine.map(({ account }) => account)).size);
      expect(value('bytes_out')).toBe(mine.reduce((sum, { bytesOut }) => sum + bytesOut, 0));
      const names = new Set(mine.map(({ interface: id }) => id.split('/')[2])).size;
      if (names < 64) expect(value('objects')).toBe(names);
      else expect(Math.abs(value('objects') / names - 1)).toBeLessThan(0.4);
      checked++;
    }
    expect(checked).toBeGreaterThan(100);
  });

  test('accounts use one interface for all names, and each name is an object', () => {
    let checked = 0;
    for (const { view, key, start, value } of rows) {
      if (view !== 'account' || start < since || !key.startsWith('user-') || isAttack(start)) continue;
      const mine = events.filter(({ account, at }) => account === key && Math.floor(at / HOUR) * 3600 === start);
      const id = (event: PlainEvent): string =>
        isNamed(event.interface) ? event.interface.replace(/users\/\w+/, 'users/{}') : event.interface;
      expect(value('interfaces')).toBe(new Set(mine.map(id)).size);
      const objects = new Set(mine.map(({ object }) => object).filter((object) => object !== 0)).size;
      const names = new Set(mine.filter((event) => isNamed(event.interface)).map((event) => event.interface.split('/')[2])).size;
      if (objects + names < 64) expect(value('objects')).toBe(objects + names);
      checked++;
    }
    expect(checked).toBeGreaterThan(500);
    const attack = rows.find(({ key, start }) => key === 'user-3' && isAttack(start));
    expect(attack?.value('top_interface')).toBeGreaterThan(300);
    expect(attack?.value('new_objects')).toBeGreaterThan(250);
  });

  test('what accounts and interfaces counted is the same sum in every hour', () => {
    const sums = new Map<number, [number, number]>();
    for (const { view, start, value } of rows) {
      if (view !== 'account' && view !== 'interface') continue;
      const sum = sums.get(start) ?? [0, 0];
      sum[view === 'account' ? 0 : 1] += value('requests');
      sums.set(start, sum);
    }
    for (const [accounts, interfaces] of sums.values()) expect(interfaces).toBe(accounts);
  });

  test('who goes through names is found, and the alert names the template', () => {
    const found = reference.alerts.filter(({ detector, entity }) => detector === 'object_traversal' && entity.id === 'user-3');
    expect(found.length).toBe(1);
    expect(found[0].related[0]).toEqual({ kind: 'interface', id: TEMPLATE });
    // what else the account did in the hour may be among it: it was raised while the hour ran
    for (const { evidence } of found) expect(evidence.some(({ summary }) => summary.includes('/users/{name}/records'))).toBe(true);
  });

  test('that names are folded from now on alarms nobody', () => {
    const quiet = events.filter(({ at }) => at < START + (ATTACK - 1) * HOUR);
    const without = run(quiet, { partitions: 1, batch: 500, shuffled: false }, () => [new PopulationLearner()]);
    const now = run(quiet, { partitions: 1, batch: 500, shuffled: false });
    const told = ({ alerts }: StageNet): string[] =>
      alerts.filter(({ score }) => score > 0).map(({ detector, entity }) => `${detector} ${entity.id}`);
    expect(told(now).filter((each) => !told(without).includes(each))).toEqual([]);
  });

  test.each<Way>([
    { partitions: 1, batch: 101, shuffled: true },
    { partitions: 3, batch: 499, shuffled: true },
    { partitions: 1, batch: 333, shuffled: true, restart: 1, at: 0.2 },
    { partitions: 2, batch: 97, shuffled: true, restart: 1, at: 0.96 },
    { partitions: 1, batch: 250, shuffled: false, restart: 3 },
  ])('however the events come: %o', (way) => {
    const net = run(events, way);
    expect(net.late).toEqual([]);
    expect(rowsText(net)).toBe(rowsText(reference));
    expect(alertsText(net)).toBe(alertsText(reference));
  });
});

describe('names that are folded after days', () => {
  /** so late as a variable is found whose names come one by one */
  class LateLearner extends TemplatesLearner {
    override close(tenant: string, hour: number): unknown {
      const learned = super.close(tenant, hour);
      return hour < START + 96 * HOUR ? [] : learned;
    }
  }
  // one name is asked for so steadily that its silence would be noticed, and everyone reads many
  const nameOf = (_who: number, next: () => number): string => (next() < 0.2 ? NAMES[3] : NAMES[Math.floor(next() * NAMES.length)]);
  const events = namedEvents({ hours: 130, named: 500, accounts: 12, attacked: false, nameOf });
  const learners = (): SharedLearner[] => [new PopulationLearner(), new LateLearner()];
  const net = run(events, { partitions: 1, batch: 1000, shuffled: false }, learners);

  test('end as interfaces, and nobody is alarmed by that, by the silence of the names or by the new interface', () => {
    const rows = rowsOf(net).filter(({ view, key }) => view === 'interface' && isNamed(key));
    const late = rows.filter(({ start }) => start * 1000 >= START + 99 * HOUR);
    expect(new Set(late.map(({ key }) => key)).size).toBe(3);
    expect(rows.length - late.length).toBeGreaterThan(10_000);
    expect(net.alerts.map(({ detector, entity }) => `${detector} ${entity.id}`)).toEqual([]);
  });
});
