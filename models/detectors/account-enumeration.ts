import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import { surprise, type Term } from '../evidence.ts';
import { addCount, addShares } from '../interface-terms.ts';
import { I, interfaceValue, type Rolled } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { SHARE } from '../shares.ts';
import { countTerm, strongest } from '../terms.ts';
import type { ClosedWindow } from '../windows.ts';

/** Values asked for below which nobody enumerates: within hours, and within a day. */
const LEAST_VALUES = 20;
const LEAST_VALUES_DAY = 10;
/** Active hours from which days are known. */
const DAYS_KNOWN = 12;
/** Callers with nothing else to do, in decades, from which more requests than the day's season say that they are more, not others. */
const CLEAR_WHO = 2;
/** Each request asks for a value of its own at so many of them: that many more are not found is no broken link, which asks for one. */
const OWN_VALUES = 0.7;
/** What is broken is not asked for more often: where values are not seen, a day must hold this many times its usual requests. */
const MANY_TIMES = 1.5;
const OVERWHELMING_WHO = 5;

/** How a value that is not known is answered. */
const HITS = ['missing', 'client_errors', 'refused', 'failures'] as const;
/** Of the odd answers, this part of the usual different values per request must be new: a client that loops on an error asks for one. */
const DIFFERENT = 0.3;
/** Values per request vary by so much from one window to the next. */
const SLACK = 0.9;

/** What is sent in a body is not seen: then different callers stand for different values. */
function isUnseen(window: ClosedWindow): boolean {
  return interfaceValue(window, '1d', I.targets) + interfaceValue(window, '1d', I.objects) === 0 && !window.key.startsWith('GET ');
}

/** Whether the requests that are answered oddly ask for values of their own: else there are fewer values than requests suggest. */
function asksDifferent(window: ClosedWindow, b: InterfaceBaselines, size: '1h' | Rolled): boolean {
  const long = size !== '1h';
  const requests = interfaceValue(window, size, I.requests);
  let odd = 0;
  for (const name of HITS) odd = Math.max(odd, interfaceValue(window, size, I[name]) - requests * b.usual(SHARE[name], long));
  const name = interfaceValue(window, size, I.targets) > 0 ? 'targets' : 'objects';
  return interfaceValue(window, size, I[name]) >= SLACK * b.usual(SHARE[name], long) * (requests - odd + DIFFERENT * odd);
}

function enumerationTerms(window: ClosedWindow, b: InterfaceBaselines, size: '1h' | Rolled): Term[] {
  const terms: Term[] = [];
  const unseen = isUnseen(window);
  const values = unseen
    ? interfaceValue(window, size, I.callers)
    : Math.max(interfaceValue(window, size, I.targets), interfaceValue(window, size, I.objects));
  if (values < (size === '1d' ? LEAST_VALUES_DAY : LEAST_VALUES)) return terms;
  const different = unseen || asksDifferent(window, b, size);
  if (different) addShares(terms, window, b, size, 'hits', 1, ...HITS);
  addShares(terms, window, b, size, 'values', 1, 'targets', 'run_targets');
  // pairs of neighbours grow with the square of the values: a busy hour has more of them for no reason
  if (window.values[I.requests] < 2 * b.requests(window.calendar).mean || interfaceValue(window, size, I.callers) < 10) {
    addShares(terms, window, b, size, 'values', 1, 'neighbours');
  }
  addShares(terms, window, b, size, 'who', 0.7, 'few_callers');
  addShares(terms, window, b, size, 'who', 1, 'single_callers', 'fresh_single_callers');
  if (size === '1h' && different) {
    addCount(terms, window, b, 'top_caller', 'who', 0.7);
    addCount(terms, window, b, 'heavy_callers', 'who', 0.7);
  }
  return terms;
}

/**
 * "Is this phone registered", "find this user", asked for many values (scenario 3): more distinct values per request,
 * another ratio of hits, runs of neighbouring values, callers with nothing else to do. Where every
 * request asks for a value of its own, another ratio of hits alone says it; where the same is asked for again and again by a
 * client that loops, it says nothing.
 */
export const accountEnumeration: Detector<InterfaceBaselines> = {
  name: 'account_enumeration',
  view: 'interface',
  window: '6h',
  title: 'Values are being enumerated at {key}',
  features: [
    'missing',
    'client_errors',
    'refused',
    'failures',
    'targets',
    'run_targets',
    'neighbours',
    'single_callers',
    'few_callers',
    'top_caller',
    'heavy_callers',
    'requests',
    'missing_6h',
    'client_errors_6h',
    'refused_6h',
    'failures_6h',
    'targets_6h',
    'run_targets_6h',
    'neighbours_6h',
    'single_callers_6h',
    'few_callers_6h',
    'fresh_single_callers',
    'fresh_single_callers_6h',
    'missing_1d',
    'client_errors_1d',
    'refused_1d',
    'failures_1d',
    'targets_1d',
    'run_targets_1d',
    'neighbours_1d',
    'single_callers_1d',
    'few_callers_1d',
    'fresh_single_callers_1d',
    'requests_1d',
  ],
  needs: ['status', 'target'],
  gate: 6.5,
  applies: (flags) => (flags & (FLAG.flow | FLAG.asset | FLAG.login)) === 0,
  terms(window, b) {
    const day = interfaceValue(window, '1d', I.requests);
    if (day < LEAST_VALUES_DAY) return undefined;
    // the same that is asked for again and again is another matter
    if (!isUnseen(window) && !asksDifferent(window, b, '1h') && !asksDifferent(window, b, '6h')) return undefined;
    const terms = enumerationTerms(window, b, '1h');
    terms.push(...enumerationTerms(window, b, '6h'));
    // days have to be known before one can be odd
    if (b.activeHours >= DAYS_KNOWN) terms.push(...enumerationTerms(window, b, '1d'));
    // a wave of 404s is a broken link, many values a good day: only together do they say something
    const groups = Number(strongest(terms, 'hits') > 0) + Number(strongest(terms, 'values') > 0) + Number(strongest(terms, 'who') > 0);
    const who = strongest(terms, 'who');
    const usual = b.day(window.calendar);
    const own = isUnseen(window)
      ? day > MANY_TIMES * usual.mean && 2 * interfaceValue(window, '1d', I.callers) >= day
      : interfaceValue(window, '1d', I.targets) >= OWN_VALUES * day;
    const asked = own && strongest(terms, 'hits') >= CLEAR_WHO;
    if ((who >= CLEAR_WHO || asked) && day > 1.3 * usual.mean) terms.push(countTerm('requests_1d', day, usual, 'volume', 0.5));
    if (groups < 2 && !asked && strongest(terms, 'volume') < (who >= OVERWHELMING_WHO ? 0.3 : 1)) return undefined;
    const requests = window.values[I.requests];
    const expected = b.requests(window.calendar);
    if (requests > 2 * expected.mean) {
      const volume = countTerm('requests', requests, expected, 'volume', 0.3);
      // volume supports, it never decides: a sale is no enumeration
      if (surprise(volume.law, requests) > 0.5) terms.push(volume);
    }
    return terms;
  },
  severity: (evidence) => severityOf(evidence),
};
