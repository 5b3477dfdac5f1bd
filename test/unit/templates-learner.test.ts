import { describe, expect, test } from 'vitest';
import type { SeenInterface } from '../../models/candidate.ts';
import { TemplatesLearner, templatesFrom } from '../../models/templates/index.ts';
import { report } from '../support/alerting-reports.ts';
import { random } from '../support/random-events.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 2);
const NAMES =
  'ann bert carla dieter elke franz gerda hugo ines jens katja lutz mona nils olaf petra ralf silke timo ute volker wanda'.split(' ');

const row = (id: string, requests: number, who: readonly number[], answered = requests): SeenInterface => [
  id,
  requests,
  answered,
  who.length,
  [...who].sort((a, b) => a - b).slice(0, 4),
];
const callers = (from: number): number[] => [from, from + 7, from + 90];

/** An hour of a shop: names of users, collections, things done beside names, ids. */
function hourOf(hour: number): SeenInterface[] {
  return [
    ...NAMES.flatMap((name, i) =>
      (hour + i) % 3 === 0
        ? [row(`GET shop/users/${name}`, 4, callers(i)), row(`GET shop/users/${name}/orders`, 3, callers(i))]
        : [row(`GET shop/users/${name}`, 2, callers(i + 1))],
    ),
    row('GET shop/users', 30, callers(hour)),
    row('GET shop/users/me', 90, callers(hour + 3)),
    row('GET shop/orders/{id}', 60, callers(hour)),
    row('GET shop/orders', 20, callers(hour)),
    row('GET shop/reports/kpi', 20, callers(hour)),
    row('GET shop/checkout', 40, callers(hour)),
    row('GET shop/v1/products', 40, callers(hour)),
    row('GET shop/v1/invoices', 40, callers(hour)),
    row('tcp 10.0.0.1:443', 40, callers(hour)),
  ];
}

interface Options {
  more?: (hour: number) => SeenInterface[];
  documented?: (tenant: string, id: string) => boolean;
  shuffle?: boolean;
  /** save and load before this hour */
  restart?: number;
}

/** What holds after so many hours. */
function learn(hours: number, { more = () => [], documented, shuffle, restart }: Options = {}): unknown {
  let learner = new TemplatesLearner(documented);
  const next = random(3);
  let knowledge: unknown;
  for (let hour = 0; hour < hours; hour++) {
    if (hour === restart) {
      const saved = JSON.parse(JSON.stringify(learner.save()));
      learner = new TemplatesLearner(documented);
      learner.load(saved);
    }
    const rows = [...hourOf(hour), ...more(hour)];
    if (shuffle) rows.sort(() => next() - 0.5);
    const parts = shuffle ? [rows.slice(0, 20), rows.slice(20)] : [rows];
    for (const interfaces of parts) learner.absorb(report(START + hour * HOUR, 'interface', [], { interfaces }));
    knowledge = learner.close('shop', START + hour * HOUR);
  }
  return knowledge;
}
const aliases = (knowledge: unknown) => templatesFrom(knowledge, true);

/** Ids that nobody may hide. */
const REAL = ['users', 'users/me', 'orders', 'orders/{id}', 'reports/kpi', 'checkout', 'v1/products', 'v1/invoices'].map(
  (path) => `GET shop/${path}`,
);

describe('templates as shared knowledge', () => {
  const known = learn(36);

  test('names are values, what stands beside them is not', () => {
    const learned = aliases(known);
    expect(learned.of('GET shop/users/ann')).toBe('GET shop/users/{name}');
    expect(learned.of('GET shop/users/never-seen/orders')).toBe('GET shop/users/{name}/orders');
    expect(learned.valuesOf('GET shop/users/ann/orders')).toBe(learned.valuesOf('GET shop/users/ann'));
    expect(learned.valuesOf('GET shop/users/ann')).not.toBe(learned.valuesOf('GET shop/users/bert'));
    for (const id of [
      ...REAL,
      'tcp 10.0.0.1:443',
      'GET shop/users/search',
      'GET shop/users/getReport',
      'GET shop/users/v2',
      'GET shop/other',
    ]) {
      expect(learned.of(id)).toBe(id);
      expect(learned.valuesOf(id)).toBe('');
    }
  });

  test('names that have one caller each are values too', () => {
    const own = (hour: number): SeenInterface[] =>
      NAMES.filter((_, i) => (hour + i) % 4 === 0).map((name) => row(`GET shop/accounts/${name}/profile`, 4, [NAMES.indexOf(name)]));
    expect(aliases(learn(36, { more: own })).of('GET shop/accounts/ann/profile')).toBe('GET shop/accounts/{name}/profile');
    // but not if one and the same asks for all of them
    const robot = (hour: number): SeenInterface[] => own(hour).map(([id, n]) => row(id, n, [5]));
    expect(aliases(learn(36, { more: robot })).of('GET shop/accounts/ann/profile')).toBe('GET shop/accounts/ann/profile');
  });

  test('nothing is believed in the first half day', () => {
    expect(learn(11)).toEqual([]);
  });

  test('what is in force stays, whatever comes later', () => {
    const later = learn(300, {
      more: (hour) => (hour < 40 ? [] : [row(`GET shop/users/n${'abcdefghij'[hour % 10]}`, 900, callers(hour))]),
    });
    expect(later).toEqual(known);
  });

  test('the order of rows, the split over reports and a restart change nothing', () => {
    expect(learn(36, { shuffle: true })).toEqual(known);
    expect(learn(36, { restart: 13 })).toEqual(known);
    expect(learn(36, { restart: 16, shuffle: true })).toEqual(known);
  });

  test('what a document describes is left alone', () => {
    const documented = (_: string, id: string) => id.includes('/users/');
    expect(learn(36, { documented })).toEqual([]);
  });
});

describe('an attacker makes no templates', () => {
  const next = random(8);
  const name = (): string => Array.from({ length: 7 }, () => 'abcdefghijklmnopqrstuvwxyz'[Math.floor(next() * 26)]).join('');
  const sweep = (places: readonly string[], each: number, who: () => number[]) => (hour: number) =>
    hour < 20 || hour > 30
      ? []
      : Array.from({ length: each }, () => row(`GET shop/${places[Math.floor(next() * places.length)]}${name()}`, 1, who()));
  const everywhere = ['', 'orders/', 'reports/', 'v1/', 'checkout/', 'users/'];

  test('one scanner whose 10,000 paths a catch-all answers hides nothing', () => {
    const learned = aliases(learn(60, { more: sweep(everywhere, 1000, () => [5]) }));
    for (const id of REAL) expect(learned.of(id)).toBe(id);
    expect(learned.of('GET shop/returns')).toBe('GET shop/returns');
    expect(learned.of('GET shop/orders/archive')).toBe('GET shop/orders/archive');
    expect(learned.of('GET shop/reports/yearly')).toBe('GET shop/reports/yearly');
  });

  test('nor do thousands of callers with random paths of their own', () => {
    const learned = aliases(learn(60, { more: sweep(everywhere, 1000, () => [Math.floor(next() * 2 ** 31)]) }));
    for (const id of REAL) expect(learned.of(id)).toBe(id);
    expect(learned.of('GET shop/returns')).toBe('GET shop/returns');
    expect(learned.of('GET shop/reports/yearly')).toBe('GET shop/reports/yearly');
  });

  test('who asks for the same names again and again, by many callers, hides nothing that was there before', () => {
    const names = Array.from({ length: 200 }, name);
    const more = (hour: number): SeenInterface[] =>
      hour < 96 ? [] : names.flatMap((each, i) => everywhere.map((place) => row(`GET shop/${place}${each}`, 3, callers(i + hour))));
    const learned = aliases(learn(140, { more }));
    for (const id of REAL) expect(learned.of(id)).toBe(id);
  });

  test('memory is bounded', () => {
    const learner = new TemplatesLearner();
    for (let hour = 0; hour < 6; hour++) {
      const swept = Array.from({ length: 20_000 }, () => row(`GET shop/${name()}/${name()}`, 1, [Math.floor(next() * 2 ** 31)]));
      learner.absorb(report(START + hour * HOUR, 'interface', [], { interfaces: [...hourOf(hour), ...swept] }));
      learner.close('shop', START + hour * HOUR);
    }
    expect(JSON.stringify(learner.save()).length).toBeLessThan(600_000);
    expect(JSON.stringify(learner.save())).toContain('GET shop/users/ann');
  });
});
