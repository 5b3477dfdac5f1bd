import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import type { ClosedWindow } from '../windows.ts';

/** Hours of past that must be known before a stop means something. */
export const LEAST_HOURS = 30;
/** Requests an hour below which no stop within a few hours can be told from chance. */
export const LEAST_RATE = 6;

/** Hours with requests that must be known before others than the busiest caller are expected. */
const OTHERS_HOURS = 96;
/** What their silence is worth: a probe's interface is often asked by nobody else. */
const OTHERS_WEIGHT = 0.45;
/** Requests an hour that must always come for a low hour to say something. */
const LEAST_STEADY = 30;
/** Minutes of nothing that even the busiest interface is granted. */
export const LEAST_MINUTES = 3;
/** Days of the same kind on which this hour must have been seen. */
const LEAST_DAYS = 3;
/** Requests of the last hours, fading by a third an hour, below which it has stopped long ago. */
const RECENT = 4;
/** Requests of the last three hours or so, and hours of past, that let a kind of day be judged that was not seen yet, and what that is worth. */
const LEAST_RECENT = 30;
const UNSEEN_HOURS = 96;
const UNSEEN_WEIGHT = 0.8;
/**
 * Requests come in clumps within an hour, which hours do not show: never less dispersion than this. And hours that
 * differ several-fold are still not hours of nothing, which a gamma law would take them for: never more than that.
 */
const LEAST_DISPERSION = 0.1;
const MOST_DISPERSION = 0.2;
/** Missing requests, in lots, at which evidence reaches its cap of 12 decades: (10^(12 d) - 1) / d for the dispersion d below. */
export const MOST_SILENT = 60;
/** How well the rate of the very hour is known at best, as a relative variance. */
const RATE_DISPERSION = 0.03;

/** Nothing comes any more where much always came (scenario 19). Looked at by minutes, so that the stop alarms at the stop. */
export const interfaceSilent: Detector<InterfaceBaselines> = {
  name: 'interface_silent',
  view: 'interface',
  window: '1h',
  title: '{key} has gone silent',
  features: ['requests_since_last', 'requests', 'other_requests'],
  needs: [],
  gate: 3,
  quarantines: false,
  terms(window, b) {
    // a stray request now and then does not make it less of a stop: the hour is far below what always comes
    if (b.hours < LEAST_HOURS) return undefined;
    const steady = b.steadyRate(window.calendar, LEAST_STEADY);
    // where the hours beside bring half as much it is a stream, not a batch, and its own hour is the measure
    const own = b.requests(window.calendar).mean;
    const rate = steady >= 0.5 * own ? own * b.recentLevel : steady;
    const requests = window.values[I.requests];
    if (rate < LEAST_STEADY) return undefined;
    if (requests > 0.15 * rate) return othersSilent(window, b, rate);
    const expected = { ...b.requests(window.calendar) };
    if (expected.scope !== 'own' || expected.size < LEAST_DAYS) return undefined;
    const usual = Math.min(MOST_DISPERSION, Math.max(expected.dispersion, LEAST_DISPERSION));
    return [
      {
        feature: 'requests',
        value: requests,
        law: { kind: 'floor', mean: rate, dispersion: Math.max(usual, 0.7 * b.hourDispersion(window.calendar)) },
        baseline: { scope: expected.scope, size: expected.size },
        group: 'silence',
        weight: b.count('top_caller').mean > 0.6 * expected.mean ? 0.5 : 1,
      },
    ];
  },
  minuteTerms(minute, b) {
    if (minute.counters[0] > 0 || b.hours < LEAST_HOURS) return undefined;
    const silent = b.silentExpected;
    if (silent < 8) return undefined;
    const expected = { ...b.requests(minute.calendar) };
    if (silent < LEAST_MINUTES * (expected.mean / 60)) return undefined;
    // the first weekend is no stop, unless it went on like other days until just now
    const seen = expected.scope === 'own' && expected.size >= LEAST_DAYS;
    // what stopped long ago does not stop now
    if (b.recentRequests < RECENT) return undefined;
    if (!seen && (b.hours < UNSEEN_HOURS || b.recentRequests < LEAST_RECENT)) return undefined;
    // how long its silences were so far says how clumped its requests are; hours do not show that
    const lot = b.silentScale(LEAST_HOURS);
    // what hours differ by beyond their clumps: the rate of the day is not known
    const spread = Math.max(RATE_DISPERSION, 0.2 * (expected.dispersion - (lot - 1) / Math.max(expected.mean, lot)));
    // an hour of many lots has many silences, each of which may be the long one
    const decades = Math.log10(1 + spread * (silent / lot)) / spread - Math.log10(Math.max(1, expected.mean / lot));
    if (decades < 2) return undefined;
    // an interface of one caller falls silent with it: that is the caller's business
    const alone = b.count('top_caller').mean > 0.6 * expected.mean;
    return [
      {
        feature: 'requests_since_last',
        value: 0,
        law: { kind: 'floor', mean: silent, dispersion: dispersionOf(silent, decades) },
        baseline: { scope: expected.scope, size: expected.size },
        group: 'silence',
        weight: (alone ? 0.5 : 1) * (seen ? 1 : UNSEEN_WEIGHT),
      },
    ];
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};

/** The dispersion at which a count of this mean is 0 with a chance of 10^-decades. */
function dispersionOf(mean: number, decades: number): number {
  let low = 0.03;
  let high = 50;
  for (let step = 0; step < 24; step++) {
    const middle = Math.sqrt(low * high);
    if (Math.log10(1 + middle * mean) / middle > decades) low = middle;
    else high = middle;
  }
  return high;
}

/** All but the busiest caller have stopped: a probe goes on asking while nobody else gets through. */
function othersSilent(window: ClosedWindow, b: InterfaceBaselines, rate: number): Term[] | undefined {
  // who is busiest is learned more slowly than how much comes
  if (b.activeHours < OTHERS_HOURS) return undefined;
  const top = window.values[I.top_caller];
  const others = window.values[I.requests] - top;
  if (others > 0.2 * (rate - top) || window.partial) return undefined;
  const busiest = b.count('top_caller').mean;
  const mean = (rate - Math.max(top, busiest)) * b.recentLevel;
  if (mean < LEAST_STEADY || others > 0.2 * mean || top > 1.5 * busiest) return undefined;
  const expected = b.requests(window.calendar);
  if (expected.scope !== 'own' || expected.size < LEAST_DAYS) return undefined;
  return [
    {
      feature: 'other_requests',
      value: others,
      law: { kind: 'floor', mean, dispersion: MOST_DISPERSION },
      baseline: { scope: expected.scope, size: expected.size },
      group: 'silence',
      weight: OTHERS_WEIGHT,
    },
  ];
}
