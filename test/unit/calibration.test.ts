import { describe, expect, it } from 'vitest';
import { splitBudget } from '../../models/calibration/budget.ts';
import { fusionBonus } from '../../models/calibration/fusion.ts';
import { GENERAL_PRIOR } from '../../models/calibration/prior.ts';
import { evidenceAt, fitTail, priorExceedances } from '../../models/calibration/tail.ts';
import { TenantCalibration } from '../../models/calibration/tenant-calibration.ts';
import { histogram } from '../support/alerting-reports.ts';

/** mulberry32 (Tommy Ettinger, public domain) */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Law = (next: () => number) => number;
const exponential =
  (slope: number): Law =>
  (next) =>
    -Math.log10(1 - next()) / slope;
const LAWS: Record<string, Law> = {
  'calibrated evidence': exponential(1),
  'evidence with twice the tail': exponential(0.5),
  'log-normal': (next) => Math.exp(0.6 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()) - 0.2),
  'one odd entity in a hundred': (next) => (next() < 0.01 ? 2 + exponential(1 / 3)(next) : exponential(1)(next)),
};

/** Days of clean scores: alerts a day that a detector with this share raised, from the second day on. */
function falseAlerts(law: Law, entities: number, share: number, days: number, seed: number): number {
  const next = random(seed);
  const calibration = new TenantCalibration();
  let fired = 0;
  for (let day = 0; day < days; day++) {
    calibration.begin(day * 24 + 2, day);
    const scores = Array.from({ length: entities }, () => law(next));
    const threshold = evidenceAt(calibration.exceedances('d', share), share);
    calibration.absorb(day * 24 + 2, day, { d: histogram(scores) }, {});
    scores.forEach((evidence, i) => {
      if (evidence >= 3) calibration.note(day, 'd', `account ${day}-${i}`, evidence);
      if (day === 0 || evidence < threshold) return;
      fired++;
      calibration.quarantine(day, `account ${day}-${i}`, 'd', evidence, threshold, 0);
    });
    for (let hour = 0; hour < 24; hour++) calibration.pass(day * 24 + hour, day);
  }
  return fired / (days - 1);
}

describe('a measured prior', () => {
  const measured = { slope: 1, offset: 0, count: 1, excess: 0.5, excesses: 10, shape: 0, days: 4 };
  const quiet = histogram(Array.from({ length: 400 }, (_, i) => (i % 40) / 40));

  it('holds the threshold up while the own days are few, and gives way to them', () => {
    const at = (days: number): number =>
      evidenceAt(
        fitTail(
          quiet.map((count) => count * days),
          days,
          400,
          measured,
        ),
        0.02,
      );
    const alone = evidenceAt(priorExceedances(measured, 400), 0.02);
    expect(alone).toBeCloseTo(Math.log10(400 / 0.02), 3);
    expect(at(1)).toBeGreaterThan(at(28));
    expect(at(1)).toBeLessThan(alone);
    // a day of four and four of the prior: its part of the expected exceedances is 4/5 of the prior's
    expect(at(1)).toBeGreaterThan(evidenceAt(priorExceedances(measured, 320), 0.02) - 1e-6);
  });

  it('is not looked at where it is none', () => {
    const { days: _, ...plain } = measured;
    expect(evidenceAt(fitTail(quiet, 1, 400, plain), 0.02)).toBeLessThan(evidenceAt(fitTail(quiet, 1, 400, measured), 0.02));
  });
});

describe('the budget is kept on clean scores, also heavy-tailed ones', () => {
  for (const [name, law] of Object.entries(LAWS)) {
    it(name, () => {
      const share = 0.1;
      let sum = 0;
      const runs = 24;
      for (let seed = 0; seed < runs; seed++) sum += falseAlerts(law, 400, share, 21, seed + 1);
      const ratio = sum / runs / share;
      console.info(`false alerts realised / share of the budget: ${ratio.toFixed(2)} (${name})`);
      expect(ratio).toBeLessThan(1.6);
      expect(ratio).toBeGreaterThan(0.1);
    });
  }
});

describe('a tail', () => {
  it('is the prior before anything is known, and the own one after weeks', () => {
    const clean = random(5);
    const scores = Array.from({ length: 28_000 }, () => exponential(0.8)(clean));
    const none = fitTail([], 0, 1000, GENERAL_PRIOR);
    expect(none(9)).toBe(priorExceedances(GENERAL_PRIOR, 1000)(9));
    const own = fitTail(histogram(scores), 28, 1000, GENERAL_PRIOR);
    for (const level of [1, 2, 3, 4, 5]) expect(Math.log10(own(level))).toBeCloseTo(3 - 0.8 * level, 0);
  });

  it('falls with evidence and never rises', () => {
    const next = random(9);
    const tail = fitTail(histogram(Array.from({ length: 3000 }, () => exponential(0.6)(next))), 7, 430, GENERAL_PRIOR);
    let before = Number.POSITIVE_INFINITY;
    for (let evidence = 0; evidence < 40; evidence += 0.05) {
      const now = tail(evidence);
      expect(now).toBeLessThanOrEqual(before + 1e-12);
      before = now;
    }
  });

  it('finds the evidence of an allowed rate', () => {
    const tail = priorExceedances(GENERAL_PRIOR, 5000);
    const level = evidenceAt(tail, 0.05);
    expect(tail(level)).toBeLessThanOrEqual(0.05);
    expect(tail(level - 0.001)).toBeGreaterThan(0.05);
    expect(evidenceAt(tail, 0)).toBeGreaterThan(500);
  });
});

/** A calibration with days of clean scores of slope 1 for 300 entities. */
function learned(days: number, seed: number): TenantCalibration {
  const next = random(seed);
  const calibration = new TenantCalibration();
  for (let day = 0; day < days; day++) {
    for (let hour = 0; hour < 24; hour++) {
      calibration.begin(day * 24 + hour, day);
      const scores = Array.from({ length: 300 }, () => exponential(1)(next) / 2);
      calibration.absorb(day * 24 + hour, day, hour === 12 ? { d: histogram(scores.map((score) => 2 * score)) } : {}, {
        d: histogram(scores),
      });
      calibration.pass(day * 24 + hour, day);
    }
  }
  return calibration;
}

it('is cautious on the first day and adapts over days', () => {
  const level = (days: number): number => {
    const calibration = learned(days, 3);
    calibration.begin(days * 24 + 2, days);
    return evidenceAt(calibration.exceedances('d', 0.05), 0.05);
  };
  expect(level(0)).toBeGreaterThan(level(2));
  expect(level(2)).toBeGreaterThan(level(14));
  expect(level(14)).toBeGreaterThan(3);
});

it('uses whole days only, two epochs after their last hour', () => {
  const calibration = learned(3, 4);
  const before = calibration.days;
  calibration.begin(72, 3);
  expect(calibration.days).toBe(before);
  calibration.begin(73, 3);
  expect(calibration.days).toBe(before + 1);
});

it('an attack that alerts does not raise the threshold, one that lasts unseen neither', () => {
  const quiet = learned(8, 6);
  const attacked = learned(7, 6);
  for (let hour = 0; hour < 24; hour++) attacked.begin(168 + hour, 7);
  const scores = Array.from({ length: 30 }, (_, i) => 12 + i / 10);
  attacked.absorb(180, 7, { d: histogram(scores) }, {});
  scores.forEach((evidence, i) => {
    attacked.note(7, 'd', `account bot${i}`, evidence);
    attacked.quarantine(7, `account bot${i}`, 'd', evidence, 6, 1);
  });
  for (let hour = 0; hour < 24; hour++) attacked.pass(168 + hour, 7);
  // the next day the same thirty are still at it, and no candidate says so
  attacked.absorb(200, 8, { d: histogram(scores.map((evidence) => evidence + 0.5)) }, {});
  for (let hour = 0; hour < 24; hour++) attacked.pass(192 + hour, 8);
  quiet.begin(220, 9);
  attacked.begin(220, 9);
  const calm = evidenceAt(quiet.exceedances('d', 0.05), 0.05);
  const after = evidenceAt(attacked.exceedances('d', 0.05), 0.05);
  expect(after).toBeLessThan(calm + 2);
});

it('a pane in which everyone is raised raises the expectation, one with a few strong entities does not', () => {
  const calibration = learned(3, 7);
  const next = random(11);
  const usual = Array.from({ length: 300 }, () => exponential(1)(next) / 2);
  const few = usual.map((score, i) => (i < 20 ? 15 : score));
  expect(calibration.absorb(72, 3, {}, { d: histogram(few) }).has('d')).toBe(false);
  const all = usual.map((score) => score * 8 + 2);
  const raise = calibration.absorb(73, 3, {}, { d: histogram(all) }).get('d') ?? 1;
  expect(raise).toBeGreaterThan(3);
});

it('an outage of a tenth of the interfaces is one event: the days after it are judged as if it had not been', () => {
  const threshold = (failing: number): number => {
    const calibration = new TenantCalibration();
    for (let hour = 0; hour < 96; hour++) {
      const day = Math.floor(hour / 24);
      calibration.begin(hour, day);
      const all = Array.from({ length: 190 }, (_, i) => (hour === 8 && i < failing ? 5 + (7 * i) / failing : i < 5 ? 1 : 0));
      const change = histogram(all);
      calibration.absorb(hour, day, hour % 24 === 8 ? { d: change } : {}, { d: change });
      calibration.pass(hour, day);
    }
    calibration.begin(98, 4);
    return evidenceAt(calibration.exceedances('d', 0.03), 0.03);
  };
  expect(threshold(18)).toBeLessThan(threshold(0) + 0.5);
  // a few are what they are: single chances
  expect(threshold(3)).toBeGreaterThan(threshold(0) + 0.5);
});

it('a shift that stays is the new normal after a day', () => {
  const calibration = learned(3, 8);
  const next = random(12);
  let raised = 0;
  for (let hour = 72; hour < 72 + 40; hour++) {
    calibration.begin(hour, Math.floor(hour / 24));
    const all = Array.from({ length: 300 }, () => exponential(1)(next) * 4 + 2);
    if (calibration.absorb(hour, Math.floor(hour / 24), {}, { d: histogram(all) }).has('d')) raised++;
    calibration.pass(hour, Math.floor(hour / 24));
  }
  expect(raised).toBe(24);
});

it('keeps its state exactly', () => {
  const calibration = learned(4, 2);
  calibration.note(4, 'd', 'account a', 9);
  calibration.quarantine(4, 'account a', 'd', 9, 8, 1);
  calibration.minuteRaise('d', 1000, [['account a', 9]]);
  const state = JSON.parse(JSON.stringify(calibration.toJSON()));
  const copy = TenantCalibration.from(state);
  expect(copy.toJSON()).toEqual(calibration.toJSON());
  expect(copy.exceedances('d', 0.1)(7)).toBe(calibration.exceedances('d', 0.1)(7));
});

it('splits the budget so that it is kept over all detectors', () => {
  const shares = splitBudget(2, [
    { name: 'a', sensitivity: 1, informational: false },
    { name: 'b', sensitivity: 3, informational: false },
    { name: 'off', sensitivity: 0, informational: false },
    { name: 'info', sensitivity: 1, informational: true },
  ]);
  expect(Object.fromEntries(shares)).toEqual({ a: 0.5, b: 1.5, off: 0, info: 2 });
});

it('fusion adds part of what other detectors say, within a decade', () => {
  expect(fusionBonus([])).toBe(0);
  expect(fusionBonus([5])).toBe(0);
  expect(fusionBonus([0.01])).toBeCloseTo(0.5);
  expect(fusionBonus([1e-9, 1e-9])).toBe(1);
  // the same events seen from the other side say less than another detector
  expect(fusionBonus([], [0.01])).toBeCloseTo(0.4);
  expect(fusionBonus([0.1], [0.1])).toBeCloseTo(0.5);
  expect(fusionBonus([1e-9], [1e-9])).toBe(1);
});
