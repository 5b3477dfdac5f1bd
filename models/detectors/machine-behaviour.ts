import { FLAG } from '../../services/core/batch.ts';
import { type AccountBaselines, LEAST_BEATS } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { A, LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm, strongest } from '../terms.ts';
import { regularTerm } from './scraping.ts';

const LEAST_REQUESTS = 6;
/** Days of accounts of its role from which one without a past of its own is compared with them. */
const KNOWN_PEERS = 150;
/** Requests of an hour from which single gaps and minutes without a request say something. */
const BUSY = 25;

/** A script behind a person's account (scenario 18): even gaps, no idle minute, more than hands can do. Services and declared robots are what they say. */
export const machineBehaviour: Detector<AccountBaselines> = {
  name: 'machine_behaviour',
  view: 'account',
  window: '1h',
  title: '{key} behaves like a machine',
  features: ['gap_unevenness', 'beat_unevenness', 'active_minutes', 'active_hours_1d', 'requests', 'requests_at_this_hour'],
  needs: ['account'],
  gate: 4.4,
  applies: (flags) => (flags & (FLAG.flow | FLAG.anonymous | FLAG.service | FLAG.robot | FLAG.crawler)) === 0,
  terms(window, b) {
    const { values, calendar } = window;
    if (values[A.requests] < LEAST_REQUESTS) return undefined;
    // an unknown account of an unknown tenant: the machines that nobody listed show themselves in the first hours
    if (b.lifeDays < 1 && b.priorDays < KNOWN_PEERS) return undefined;
    const terms: Term[] = [];
    const regular = values[A.requests] < BUSY ? undefined : regularTerm(values[A.gap_regularity], values[A.requests], b, 1);
    if (regular !== undefined) terms.push(regular);
    const beat = beatTerm(values[A.beats], values[A.beat_regularity], b);
    if (beat !== undefined) terms.push(beat);
    addPersistence(terms, values[A.active_minutes], b);
    if (strongest(terms, 'regular') + strongest(terms, 'idle') + strongest(terms, 'hours') < 1.6) return undefined;
    // a sale keeps people busy for an hour without making machines of them
    const expected = b.hour(LEVEL.requests);
    if (values[A.requests] > 1.5 * expected.mean) terms.push(countTerm('requests', values[A.requests], expected, 'volume', 0.25));
    if (b.lifeDays >= 5) {
      const usual = b.offHours(calendar.hour, calendar.working);
      if (usual !== undefined) terms.push(countTerm('requests_at_this_hour', values[A.requests], usual, 'when'));
    }
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};

/** Gaps between what people do lie so far apart: median deviation from their median, in thousandths of it. */
const USUAL_BEAT = 600;
/** Own hours that weigh as much as that. */
const BEAT_STRENGTH = 3;
/** Below this unevenness one timer is like another. */
const EVEN = 20;

/**
 * Bursts of requests at even intervals, whatever a turn holds. That half of n chance gaps lie within a share u of their
 * median has a chance of about C(n, n/2) (1.4 u)^(n/2): log-normal with a spread that falls as 1 / sqrt(n).
 */
function beatTerm(beats: number, regularity: number, b: AccountBaselines): Term | undefined {
  if (beats < LEAST_BEATS || regularity < 700) return undefined;
  const own = b.beats();
  const center = ((1000 - own.mean) * own.hours + USUAL_BEAT * BEAT_STRENGTH) / (own.hours + BEAT_STRENGTH);
  return {
    feature: 'beat_unevenness',
    value: Math.max(EVEN, 1000 - regularity),
    law: { kind: 'measure', center: Math.max(EVEN, center), spread: Math.max(0.5, 2.5 / Math.sqrt(beats)), direction: -1 },
    baseline: { scope: own.hours >= BEAT_STRENGTH ? 'own' : 'prior', size: Math.round(own.hours) },
    group: 'regular',
    weight: 0.8,
  };
}

/** Minutes of an hour, and hours of a day, in which a person is there. */
const PERSON_MINUTES = 17;
const PERSON_HOURS = 6;
/** Own hours (days) that weigh as much as that. */
const MINUTES_STRENGTH = 6;
const HOURS_STRENGTH = 2;

/** No idle minute in the hour, no idle hour in the day, against the account's own hours and days. */
export function addPersistence(terms: Term[], minutes: number, b: AccountBaselines): void {
  if (minutes > 20) {
    const own = b.activeMinutes();
    const share = (own.mean * own.hours + PERSON_MINUTES * MINUTES_STRENGTH) / (own.hours + MINUTES_STRENGTH) / 60;
    if (minutes > 90 * share) {
      // hours of one account differ less than those of all
      const s = 4.2 + 4 * Math.min(1, own.hours / 12);
      terms.push({
        feature: 'active_minutes',
        value: Math.min(60, minutes),
        law: { kind: 'share', trials: 60, a: s * share, b: s * (1 - share) },
        baseline: { scope: own.hours >= MINUTES_STRENGTH ? 'own' : 'prior', size: Math.round(own.hours) },
        group: 'idle',
        weight: 0.7,
      });
    }
  }
  const { mean, days } = b.activeHours();
  const today = b.hoursOfLastDay;
  if (today < 8 || days < 3) return;
  const share = Math.min(0.9, (mean * days + PERSON_HOURS * HOURS_STRENGTH) / (days + HOURS_STRENGTH) / 24);
  if (today < 36 * share) return;
  const s = 12;
  terms.push({
    feature: 'active_hours_1d',
    value: Math.min(24, today),
    law: { kind: 'share', trials: 24, a: s * share, b: s * (1 - share) },
    baseline: { scope: 'own', size: Math.round(days) },
    group: 'hours',
    weight: 1,
  });
}
