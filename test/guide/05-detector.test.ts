/**
 * Chapter 5: the detector, and what evidence is.
 *
 * A detector is a declaration, one file under models/detectors/: which windows of which view it looks at, and which
 * terms it weighs. A term compares one value with the law that it should follow if nothing is wrong. All the rest
 * (surprise, score, expected range, contributions, what would have been normal) is computed from the terms by one
 * module, models/evidence.ts, so an explanation can never tell another story than the score.
 */
import { expect, test } from 'vitest';
import type { Detector } from '../../models/detector.ts';
import { expectedRange, FULL_EVIDENCE, type Law, scoreTerms, surprise, type Term } from '../../models/evidence.ts';
import { ACCOUNT_FEATURES, type ClosedWindow, featureIndex } from '../../models/windows.ts';

/** A person who usually reads about 12 records an hour. Dispersion says how much people differ from themselves. */
const READS: Law = { kind: 'count', mean: 12, dispersion: 0.1 };

test('surprise is the number of decades: 2 means that one window in a hundred is as extreme or more', () => {
  expect(surprise(READS, 12)).toBeLessThan(0.5);
  expect(surprise(READS, 60)).toBeGreaterThan(4);
  for (let reads = 0; reads < 200; reads++) expect(surprise(READS, reads + 1)).toBeGreaterThanOrEqual(surprise(READS, reads));
});

test('the expected range is what would have been normal', () => {
  const { low, high } = expectedRange(READS);
  expect(low).toBeLessThan(12);
  expect(high).toBeGreaterThan(12);
  expect(surprise(READS, high)).toBeLessThan(2.1);
  expect(surprise(READS, high + 1)).toBeGreaterThanOrEqual(2);
});

const term = (feature: string, value: number, group: string): Term => ({
  feature,
  value,
  law: READS,
  baseline: { scope: 'own', size: 30 },
  group,
  weight: 1,
});

test('terms of one group tell the same thing twice: only the strongest counts; groups add up', () => {
  const alone = scoreTerms([term('objects', 60, 'what')]);
  const twice = scoreTerms([term('objects', 60, 'what'), term('requests', 55, 'what')]);
  const both = scoreTerms([term('objects', 60, 'what'), term('new_addresses', 60, 'where')]);
  expect(twice.evidence).toBe(alone.evidence);
  expect(both.evidence).toBeCloseTo(2 * alone.evidence, 10);
});

test('contributions add up to the score', () => {
  const scored = scoreTerms([term('objects', 60, 'what'), term('requests', 55, 'what'), term('new_addresses', 30, 'where')]);
  expect(scored.score).toBeCloseTo(Math.min(1, scored.evidence / FULL_EVIDENCE), 10);
  expect(scored.contributions.reduce((sum, each) => sum + each, 0)).toBeCloseTo(scored.score, 10);
});

/** What a whole detector looks like. Real ones ask the baselines for the law instead of stating it. */
const readsTooMuch: Detector = {
  name: 'reads_too_much',
  view: 'account',
  window: '1h',
  title: '{key} reads far more objects than usual',
  features: ['objects'],
  needs: ['object'],
  gate: 2,
  terms(window) {
    const objects = window.values[featureIndex(ACCOUNT_FEATURES, 'objects')];
    return objects === 0 ? undefined : [term('objects', objects, 'what')];
  },
  severity: (evidence) => (evidence > 8 ? 'high' : 'medium'),
};

/** An hour of one account in which it read so many distinct objects. */
function hourWith(objects: number): ClosedWindow {
  const values = new Float64Array(ACCOUNT_FEATURES.length);
  values[featureIndex(ACCOUNT_FEATURES, 'objects')] = objects;
  const start = Date.parse('2026-03-02T09:00:00Z');
  return {
    tenant: 'office',
    view: 'account',
    key: 'li.na',
    slot: 0,
    start,
    end: start + 3_600_000,
    calendar: { hour: 9, weekday: 0, working: true, day: Math.floor(start / 86_400_000), around: 0b1110011 },
    partial: false,
    values,
    rolling: new Float64Array(),
    firstSeen: 0,
    activeDays: 30,
    flags: 0,
  };
}

test('a detector declares terms; the gate decides whether a window is worth sending on', () => {
  expect(readsTooMuch.terms(hourWith(0), undefined)).toBeUndefined();
  const evidenceOf = (objects: number) => scoreTerms(readsTooMuch.terms(hourWith(objects), undefined) ?? []).evidence;
  expect(evidenceOf(14)).toBeLessThan(readsTooMuch.gate);
  expect(evidenceOf(80)).toBeGreaterThan(readsTooMuch.gate);
});
