import type { INTERFACE_COUNTS, InterfaceBaselines } from './baselines/interface.ts';
import { surprise, type Term } from './evidence.ts';
import { I, interfaceValue, type Rolled } from './levels.ts';
import { SHARE, sharePart, shareWhole } from './shares.ts';
import { countTerm, lawTerm, strongest } from './terms.ts';
import type { ClosedWindow } from './windows.ts';

/**
 * A term joins a verdict from this surprise on (one window in twenty). Below it chance speaks: the strongest of several
 * terms in each of several groups would add up to something in every window.
 */
export const LEAST_SURPRISE = 1.3;

/** A term on a share of an interface's window; undefined when the value is not above what is usual. */
export function shareTerm(
  window: ClosedWindow,
  b: InterfaceBaselines,
  size: '1h' | Rolled,
  share: string,
  group: string,
  weight = 1,
): Term | undefined {
  const index = SHARE[share];
  const trials = shareWhole(window, size, index);
  if (trials < 2) return undefined;
  const value = sharePart(window, size, index);
  if (value <= 0) return undefined;
  const expected = b.settledShare(index, size, trials);
  if (value * (expected.law.a + expected.law.b) <= trials * expected.law.a) return undefined;
  const term = lawTerm(size === '1h' ? share : `${share}_${size}`, value, expected, group, weight * b.trust);
  return surprise(term.law, value) < LEAST_SURPRISE ? undefined : term;
}

/** The requests of the window's hour, or another amount that does not grow with them, against the own hours. */
export function addCount(
  terms: Term[],
  window: ClosedWindow,
  b: InterfaceBaselines,
  name: (typeof INTERFACE_COUNTS)[number],
  group: string,
  weight: number,
): void {
  const value = window.values[I[name]];
  const usual = b.requests(window.calendar).mean;
  const expected = b.count(name);
  // a crowd's busiest grow with it, by less than it does
  expected.mean *= Math.min(4, Math.max(1, Math.sqrt(window.values[I.requests] / Math.max(usual, 1))));
  if (value <= 2 * expected.mean) return;
  const term = countTerm(name, value, expected, group, weight * b.trust);
  if (surprise(term.law, value) >= LEAST_SURPRISE) terms.push(term);
}

/** Adds the terms of several shares of one group. */
export function addShares(
  terms: Term[],
  window: ClosedWindow,
  b: InterfaceBaselines,
  size: '1h' | Rolled,
  group: string,
  weight: number,
  ...shares: string[]
): void {
  for (const share of shares) {
    const term = shareTerm(window, b, size, share, group, weight);
    if (term !== undefined) terms.push(term);
  }
}

/** Failures below this many say nothing about a login interface. */
const LEAST_FAILURES = 8;

/**
 * What gives tried passwords away on a login interface: failures beyond its own usual share, failures of callers from
 * places they were never seen at (a forgotten password comes from a known one), also as a part of all that comes from such
 * places (which on the first days is nearly everything), successes after them, callers that do
 * nothing else. Shares, so that a busy hour alone says nothing.
 */
export function loginTerms(window: ClosedWindow, b: InterfaceBaselines, size: '1h' | Rolled): Term[] | undefined {
  const failures = interfaceValue(window, size, I.failures);
  if (failures < LEAST_FAILURES) return undefined;
  const terms: Term[] = [];
  addShares(terms, window, b, size, 'failures', 0.7, 'failures', 'failing_callers');
  addShares(terms, window, b, size, 'where', 1, 'new_source_failures', 'newcomer_failures');
  // either alone decides: without failures beyond the usual nobody tries passwords
  if (strongest(terms, 'failures') + strongest(terms, 'where') < 1.5) return undefined;
  addShares(terms, window, b, size, 'after', 0.7, 'login_success_new');
  addShares(terms, window, b, size, 'who', 0.5, 'single_callers', 'few_callers');
  return terms;
}
