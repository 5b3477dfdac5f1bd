import { describe, expect, test } from 'vitest';
import { SeriesDetector, scoreOf, surpriseOf } from '../../models/series/detector.ts';
import { Recent } from '../../models/series/recent.ts';
import type { Statistic } from '../../models/series/row.ts';
import { SERIES_SETTINGS } from '../../models/series/settings.ts';
import { Forecast } from '../../models/series/statistics/forecast.ts';
import { Level } from '../../models/series/statistics/level.ts';
import { Rarity } from '../../models/series/statistics/rarity.ts';
import { Seasonal } from '../../models/series/statistics/seasonal.ts';
import { Shift } from '../../models/series/statistics/shift.ts';
import { Volatility } from '../../models/series/statistics/volatility.ts';
import { Tail } from '../../models/series/tail.ts';
import { seeded } from '../support/synthetic-windows.ts';

const HOUR = 3_600_000;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]): number => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

/** Runs a statistic over values an hour apart; its deviation at each. */
function deviations(statistic: Statistic, values: readonly number[]): number[] {
  const past = new Recent(statistic.reach + 1);
  return values.map((value, i) => {
    const row = { time: i * HOUR, value, past };
    const deviation = statistic.look(row);
    statistic.learn(row);
    past.push(value);
    return deviation;
  });
}

/** Normal noise. */
function noise(count: number, seed: number): number[] {
  const next = seeded(seed);
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
}

describe('the last values of a series', () => {
  test('mean and variance of any stretch are those of the values, however long it runs', () => {
    const recent = new Recent(20);
    const values = noise(500, 1).map((value) => 1e6 + value);
    for (const [i, value] of values.entries()) {
      recent.push(value);
      const size = Math.min(20, i + 1);
      expect(recent.size).toBe(size);
      for (const [count, skip] of [
        [size, 0],
        [Math.ceil(size / 2), Math.floor(size / 2)],
        [1, size - 1],
      ]) {
        const stretch = values.slice(i + 1 - skip - count, i + 1 - skip);
        expect(recent.mean(count, skip)).toBeCloseTo(mean(stretch), 6);
        expect(Math.sqrt(recent.variance(count, skip))).toBeCloseTo(spread(stretch), 5);
      }
      expect(recent.at(1)).toBe(value);
    }
  });
});

describe('the last values of a series, far from where it began', () => {
  test('the spread stays exact', () => {
    const recent = new Recent(20);
    const values = noise(200, 23).map((value, i) => value + (i < 50 ? 0 : 1e9));
    for (const value of values) recent.push(value);
    expect(Math.sqrt(recent.variance(20))).toBeCloseTo(spread(values.slice(-20)), 6);
  });
});

describe('the tail of deviations', () => {
  const options = SERIES_SETTINGS.tail;

  test('within the data it is the share of the values at least as large', () => {
    const tail = new Tail(options);
    const values = noise(5000, 2).map(Math.abs);
    for (const value of values) tail.learn(value);
    for (const at of [0.1, 0.5, 1, 1.5, 2]) {
      // a bin is 8 % wide, and counts as a whole
      const share = (from: number) => (values.filter((value) => value >= from).length + 1) / (values.length + 1);
      expect(Math.exp(-tail.surprise(at))).toBeGreaterThanOrEqual(share(at) - 1e-3);
      expect(Math.exp(-tail.surprise(at))).toBeLessThanOrEqual(share(at * Math.exp(-0.08)) + 1e-3);
    }
  });

  test('beyond the data it goes on growing, and never falls', () => {
    const tail = new Tail(options);
    for (const value of noise(2000, 3)) tail.learn(Math.abs(value));
    let last = 0;
    for (let at = 0; at < 40; at += 0.05) {
      const surprise = tail.surprise(at);
      // the fitted tail begins on the edge of a bin: a hair of a step is none
      expect(surprise).toBeGreaterThanOrEqual(last - 0.25);
      last = surprise;
    }
    expect(tail.surprise(40)).toBeGreaterThan(tail.surprise(10) + 1);
    expect(tail.surprise(10)).toBeGreaterThan(Math.log(2000));
  });

  test('an exceedance is as frequent as it says, of another sample too', () => {
    const tail = new Tail(options);
    for (const value of noise(20_000, 4)) tail.learn(Math.abs(value));
    const others = noise(200_000, 5).map(Math.abs);
    for (const surprise of [2, 4, 6]) {
      const beyond = others.filter((value) => tail.surprise(value) >= surprise).length / others.length;
      expect(Math.log(beyond)).toBeGreaterThan(-surprise - 0.7);
      expect(Math.log(beyond)).toBeLessThan(-surprise + 0.7);
    }
  });

  test('knows no unit: 1000 times the values, the same surprise', () => {
    const small = new Tail(options);
    const large = new Tail(options);
    for (const value of noise(1000, 6)) {
      small.learn(Math.abs(value));
      large.learn(Math.abs(value) * Math.exp(80 * 0.08));
    }
    for (const at of [0.3, 1, 3, 9]) expect(large.surprise(at * Math.exp(80 * 0.08))).toBeCloseTo(small.surprise(at), 6);
  });

  test('the quantile of a surprise has that surprise', () => {
    const tail = new Tail(options);
    for (const value of noise(3000, 7)) tail.learn(Math.abs(value));
    for (const surprise of [1, 2, 5, 7, 9, 12]) {
      const at = tail.quantile(surprise);
      expect(tail.surprise(at * 1.0001)).toBeGreaterThanOrEqual(surprise);
      expect(tail.surprise(at * Math.exp(-0.09))).toBeLessThan(surprise);
    }
    expect(new Tail(options).quantile(3)).toBeNaN();
  });

  test('values that come again and again are as frequent as they are: no law is drawn through them', () => {
    const tail = new Tail(options);
    const next = seeded(17);
    // 0 mostly, 5 once in fifty, 6 once in five hundred
    for (let i = 0; i < 20_000; i++) {
      const draw = next();
      tail.learn(draw < 0.002 ? 6 : draw < 0.022 ? 5 : 0);
    }
    expect(Math.exp(-tail.surprise(5))).toBeCloseTo(0.022, 2);
    expect(Math.exp(-tail.surprise(6))).toBeGreaterThan(0.0015);
    expect(tail.surprise(9)).toBeGreaterThan(tail.surprise(6) + 0.3);
  });

  test('with a half-life old values count less', () => {
    const tail = new Tail({ ...options, halfLife: 100 });
    for (let i = 0; i < 1000; i++) tail.learn(10 + (i % 7));
    for (let i = 0; i < 1000; i++) tail.learn(1 + (i % 7) / 10);
    expect(tail.surprise(5)).toBeGreaterThan(4);
    expect(tail.size).toBeLessThan(200);
  });
});

describe('statistics', () => {
  const values = noise(60, 8).map((value) => 50 + value);

  test('forecast: learns the rule of the series, is off by what breaks it', () => {
    const rule = [1, 0.5];
    const shocks = noise(3000, 18);
    for (let i = 2; i < 3000; i++) rule.push(1.2 * rule[i - 1] - 0.5 * rule[i - 2] + shocks[i]);
    const found = deviations(new Forecast([1, 2, 3]), rule);
    const errors = found.slice(1000);
    // the error of the best forecast is the shock itself
    expect(mean(errors.map((error, i) => (error - shocks[i + 1000]) ** 2))).toBeLessThan(0.05);
    expect(spread(rule.slice(1000))).toBeGreaterThan(1.5);
    expect(deviations(new Forecast([1, 2, 3]), new Array<number>(500).fill(3)).every(Number.isNaN)).toBe(true);
  });

  test('rarity: a value between two usual ones is rare, though neither high nor low', () => {
    const two = noise(2000, 19).map((value, i) => (i % 2 === 0 ? 10 : 90) + value);
    two[1500] = 50;
    const found = deviations(new Rarity(), two);
    expect(found[10]).toBeNaN();
    expect(found[1500]).toBeGreaterThan(7);
    expect(found[1501]).toBeLessThan(2);
    expect(found[1502]).toBeLessThan(2);
  });

  test('rarity: a series that grows a million times keeps its shares', () => {
    const values = noise(1000, 20);
    const grown = [...noise(200, 21).map((value) => value * 1e-6), ...values];
    const found = deviations(new Rarity(), grown);
    // the middle of the bell is common, its far tail rare
    const inner = found.filter((_, i) => i > 700 && Math.abs(grown[i]) < 0.5);
    const outer = found.filter((_, i) => i > 700 && Math.abs(grown[i]) > 2.5);
    expect(Math.max(...inner)).toBeLessThan(Math.min(...outer));
  });

  test('rarity: counts stay at their values when cells are merged', () => {
    const levels = [
      [5, 300],
      [9, 600],
      [-40, 300],
      [9, 1],
      [-16, 1],
    ];
    const wobble = noise(2000, 24);
    const series = levels.flatMap(([level, count]) => Array.from({ length: count }, (_, i) => level + wobble[i] / 100));
    const found = deviations(new Rarity(), series);
    // half of the past lies near 9, in a cell or two; nothing near -16
    expect(found[1200]).toBeLessThan(Math.log(1200 / 280));
    expect(found[1201]).toBeGreaterThan(Math.log(1200));
  });

  test('level: mean of the last three against the mean of all before', () => {
    const found = deviations(new Level(3), values);
    expect(found[1]).toBeNaN();
    for (const i of [2, 10, 59]) expect(found[i]).toBeCloseTo(mean(values.slice(i - 2, i + 1)) - mean(values.slice(0, i)), 9);
  });

  test('shift: mean of the last five against the ten before them; a jump is one value against ten', () => {
    const shift = deviations(new Shift(5, 10), values);
    expect(shift[13]).toBeNaN();
    for (const i of [14, 40]) expect(shift[i]).toBeCloseTo(mean(values.slice(i - 4, i + 1)) - mean(values.slice(i - 14, i - 4)), 9);
    const jump = deviations(new Shift(1, 10), values);
    for (const i of [10, 40]) expect(jump[i]).toBeCloseTo(values[i] - mean(values.slice(i - 10, i)), 9);
  });

  test('volatility: turbulence is up, calm is down, a constant series says nothing', () => {
    const calm = noise(400, 9).map((value) => value / 10);
    const wild = noise(40, 10).map((value) => value * 10);
    const found = deviations(new Volatility(12), [...calm, ...wild]);
    expect(found.at(-1)).toBeGreaterThan(2);
    expect(deviations(new Volatility(12), new Array<number>(100).fill(7)).every(Number.isNaN)).toBe(true);
  });

  test('season: what is usual at noon is odd at night', () => {
    const daily = Array.from({ length: 24 * 10 }, (_, i) => (i % 24 === 12 ? 100 : 10) + Math.sin(i * 7));
    const odd = [...daily];
    odd[24 * 9 + 3] = 100;
    const found = deviations(new Seasonal('day', 24 * HOUR, 24), odd);
    expect(found[5]).toBeNaN();
    const usual = Math.max(...found.slice(24 * 3, 24 * 9).map(Math.abs));
    expect(found[24 * 9 + 3]).toBeGreaterThan(10 * usual);
    expect(Math.abs(found[24 * 9 + 12])).toBeLessThan(2 * usual);
    const single = deviations(new Seasonal('day', 24 * HOUR, 24), odd);
    const averaged = deviations(new Seasonal('day', 24 * HOUR, 24, 5), odd);
    for (const i of [24 * 5, 24 * 9 - 7]) expect(averaged[i]).toBeCloseTo(mean(single.slice(i - 4, i + 1)), 9);
  });

  test.each([
    ['forecast', () => new Forecast([1, 2, 3])],
    ['jump', () => new Shift(1, 10)],
    ['level', () => new Level(1)],
    ['season', () => new Seasonal('day', 24 * HOUR, 24)],
  ])('%s: the value of a deviation has that deviation', (_, make) => {
    const statistic = make();
    const past = new Recent(statistic.reach + 1);
    for (const [i, value] of values.entries()) {
      const row = { time: i * HOUR, value, past };
      const deviation = statistic.look(row);
      if (!Number.isNaN(deviation)) expect(statistic.valueAt(deviation)).toBeCloseTo(value, 6);
      statistic.learn(row);
      past.push(value);
    }
  });
});

describe('the detector', () => {
  const run = (values: readonly number[], detector = new SeriesDetector(1)) =>
    values.map((value, i) => detector.next(i * 300_000, [value]));

  test('finds a spike in noise, a lasting shift, and says which statistic', () => {
    const spike = noise(2000, 11);
    spike[1500] = 25;
    const found = run(spike);
    expect(found[1500]).toMatchObject({ alert: true, score: Math.max(...found.map(({ score }) => score)) });
    expect(found[1500].reasons[0]).toMatchObject({ direction: 1, value: 0 });
    const [low, high] = found[1500].expected[0] ?? [0, 0];
    expect(low).toBeGreaterThan(-10);
    expect(high).toBeLessThan(10);
    const shifted = noise(2000, 12).map((value, i) => value + (i >= 1500 ? 6 : 0));
    expect(
      run(shifted)
        .slice(1500, 1510)
        .some(({ alert }) => alert),
    ).toBe(true);
  });

  test('contributions add up to the score', () => {
    for (const { score, reasons } of run(noise(500, 13)))
      expect(reasons.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(score, 9);
  });

  test('a panel that names no statistic is refused', () => {
    expect(() => new SeriesDetector(1, { perThousand: 1 }, { ...SERIES_SETTINGS, panels: [['level_47']] })).toThrow(
      /a panel names the statistic level_47; there are forecast_3, /,
    );
  });

  test('statistics have the names under which they are set', () => {
    for (const [name, { make }] of Object.entries(SERIES_SETTINGS.statistics)) expect(make().name).toBe(name);
  });

  test('the judgement is the mean of the panels: strongest and half of the second', () => {
    const values = noise(800, 22).map((value, i) => value + (i === 700 ? 9 : 0));
    const strength = (panels: readonly (readonly string[])[]) => {
      const { score } = run(values, new SeriesDetector(1, { perThousand: 1 }, { ...SERIES_SETTINGS, panels, firstDay: 1 }))[700];
      return (10 * score) / (1 - score);
    };
    const [one, other] = [['forecast_3', 'level_48'], ['jump_96']];
    expect(strength([one, other])).toBeCloseTo((strength([one]) + strength([other])) / 2, 9);
    const [first, second] = one.map((name) => strength([[name]])).sort((a, b) => b - a);
    expect(strength([one])).toBeCloseTo(first + second / 2, 9);
    const settings = { ...SERIES_SETTINGS, panels: [one], firstDay: 1 };
    const { score, reasons } = run(values, new SeriesDetector(1, { perThousand: 1 }, settings))[700];
    expect(reasons.map(({ surprise }) => surprise)).toEqual([first, second].map((value) => expect.closeTo(value, 9)));
    expect(reasons.map(({ contribution }) => contribution)).toEqual(
      [first, second / 2].map((value) => expect.closeTo((score * value) / (first + second / 2), 9)),
    );
  });

  test('a constant series says nothing, nor one that repeats exactly from its third day on', () => {
    expect(run(new Array<number>(3000).fill(45)).some(({ alert }) => alert)).toBe(false);
    const daily = Array.from({ length: 288 * 14 }, (_, i) => (i % 288 > 100 && i % 288 < 200 ? 80 : 20));
    expect(
      run(daily)
        .slice(2 * 288)
        .some(({ alert }) => alert),
    ).toBe(false);
  });

  test('one value of several is enough, and it is named; missing values are passed over', () => {
    const one = noise(1500, 14);
    const other = noise(1500, 15);
    other[1200] = -30;
    one[700] = Number.NaN;
    const detector = new SeriesDetector(2);
    const found = one.map((value, i) => detector.next(i * 60_000, [value, other[i]]));
    expect(found[1200].alert).toBe(true);
    expect(found[1200].score).toBeGreaterThan(0.6);
    expect(found[1200].reasons[0]).toMatchObject({ value: 1, direction: -1 });
    expect(found[700].expected[0]).toBeUndefined();
  });

  test('a larger budget never raises the threshold, and scores stay what they are', () => {
    expect(surpriseOf({ perThousand: 5 }, SERIES_SETTINGS)).toBeLessThan(surpriseOf({ perThousand: 0.5 }, SERIES_SETTINGS));
    expect([scoreOf(0), scoreOf(10)]).toEqual([0, 0.5]);
    const values = noise(1000, 16);
    const scores = (perThousand: number) => run(values, new SeriesDetector(1, { perThousand })).map(({ score }) => score);
    expect(scores(0.1)).toEqual(scores(10));
  });
});
