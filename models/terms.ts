import type { Expectation } from './baselines/credibility.ts';
import type { Expected } from './baselines/interface.ts';
import { type Law, surprise, type Term } from './evidence.ts';

/** A count against what is expected of it. Copies the expectation, which its baseline reuses. */
export function countTerm(feature: string, value: number, expected: Expectation, group: string, weight = 1): Term {
  return {
    feature,
    value,
    law: { kind: 'count', mean: expected.mean, dispersion: expected.dispersion },
    baseline: { scope: expected.scope, size: expected.size },
    group,
    weight,
  };
}

/** Least spread of amounts, in ln units: a download of ten times the usual happens to everyone. */
const LEAST_SPREAD = 0.8;

/**
 * Spread of amounts in a window with exports, in ln units: whoever exports gets a thousand times what a page holds, and
 * one export is ten times another. That there were exports is said by their count; this says what they held beyond it.
 */
export const EXPORT_SPREAD = 2.5;

/** Exports come in lots, and all at a month's end: how many there were in an hour weighs less than that there were any. */
export const EXPORTS_WEIGHT = 0.6;

/** What comes in lots, where an account rarely has any: how many more there are once there is one. */
const LOTS: Readonly<Record<string, number>> = {
  exports: 8,
  targets: 4,
  new_interfaces: 3,
  // who goes through a gateway that hops comes from several places in one day
  new_addresses: 1.5,
  new_networks: 1.5,
  new_countries: 1.5,
};

/** A count of what comes in lots: the law's scale (mean x dispersion) is at least the size of one. */
export function lotsTerm(feature: string, value: number, expected: Expectation, group: string, weight = 1, kind = feature): Term {
  const lot = LOTS[kind];
  if (lot !== undefined) expected.dispersion = Math.max(expected.dispersion, lot / Math.max(expected.mean, 1e-6));
  return countTerm(feature, value, expected, group, weight);
}

/**
 * An amount of bytes or records against what is expected of it: log-normal with the expectation's mean and variance,
 * since one answer may be a thousand times another and the tail of a count's law is too thin for that.
 * @param least spread that it has at least, ln units
 */
export function amountTerm(
  feature: string,
  value: number,
  expected: Expectation,
  group: string,
  weight = 1,
  least: number = LEAST_SPREAD,
): Term {
  const variance = Math.max(LEAST_SPREAD ** 2, Math.log1p(expected.dispersion + 1 / Math.max(expected.mean, 1e-3)));
  return {
    feature,
    value,
    law: {
      kind: 'measure',
      center: Math.max(expected.mean, 1e-3) * Math.exp(-variance / 2),
      spread: Math.max(least, Math.sqrt(variance)),
      direction: 1,
    },
    baseline: { scope: expected.scope, size: expected.size },
    group,
    weight,
  };
}

/**
 * The law of a mean over `n` requests: wider than that of the usual hours by what single requests differ by, whose
 * spread is near 1 in ln units (times and sizes of one interface), over n.
 */
export function ofFew(usual: Expected<Law & { kind: 'measure' }>, n: number): Expected<Law & { kind: 'measure' }> {
  return { ...usual, law: { ...usual.law, spread: Math.sqrt(usual.law.spread ** 2 + 1 / n) } };
}

/** A value against a law that a baseline has worked out. */
export function lawTerm(feature: string, value: number, expected: Expected, group: string, weight = 1): Term {
  return { feature, value, law: expected.law, baseline: { scope: expected.scope, size: expected.size }, group, weight };
}

/** A count against a law that is not learned, with the reason in the caller. */
export function fixedTerm(feature: string, value: number, mean: number, dispersion: number, group: string, weight = 1): Term {
  return { feature, value, law: { kind: 'count', mean, dispersion }, baseline: { scope: 'fixed', size: 0 }, group, weight };
}

/** Weighted surprise of the strongest of the terms that belong to the group; 0 for none. */
export function strongest(terms: readonly Term[], group: string): number {
  let best = 0;
  for (const term of terms) if (term.group === group) best = Math.max(best, term.weight * surprise(term.law, term.value));
  return best;
}
