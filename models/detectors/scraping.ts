import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { A, LEVEL, NOVELTY, noveltyOf } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm, strongest } from '../terms.ts';
import type { ClosedWindow } from '../windows.ts';

const LEAST_REQUESTS = 60;
/** Walking hours of the last 24 from which slow copying is spoken of. */
const LEAST_WALK = 4;
/**
 * Days of past that it takes: the first one says nothing of how often an account has such hours, so where its peers' days
 * do not say it either (fewer account-days than this), there is a second one.
 */
const WALK_DAYS = 1;
const PEERS_KNOWN = 200;
/** Days of its own past that a program which says what it is must have: some walk by profession, and its peers do not tell which. */
const PROGRAM_DAYS = 4;
const USUAL_UNEVENNESS = 700;
/** Below this unevenness one timer is like another: who was always even is not odd for being more so. */
const EVEN = 20;

/**
 * A catalogue or records copied by one account (scenario 5): breadth far beyond its own and its peers' days, without
 * the side requests that its pages used to bring, at regular intervals; or so slowly that no hour holds more than a few
 * requests, but hour after hour holds nothing else than first looks at objects of one interface, as nobody's day does.
 * Declared robots without an account are judged by their volume only, verified crawlers not at all.
 */
export const scraping: Detector<AccountBaselines> = {
  name: 'scraping',
  view: 'account',
  window: '1d',
  title: '{key} copies content',
  features: [
    'walking_hours_1d',
    'objects',
    'objects_1d',
    'new_objects_1d',
    'interfaces',
    'requests',
    'requests_1d',
    'assets',
    'gap_unevenness',
  ],
  needs: ['account', 'object'],
  gate: 6,
  applies: (flags) => (flags & (FLAG.flow | FLAG.service | FLAG.crawler)) === 0,
  terms(window, b) {
    const walk = slowWalk(window, b);
    const requests = b.amount('1d', LEVEL.requests);
    if (requests < LEAST_REQUESTS) return walk;
    const terms: Term[] = walk ?? [];
    const objects = b.amount('1d', LEVEL.objects);
    const dayObjects = b.day(LEVEL.objects);
    if (objects > 2 * dayObjects.mean) terms.push(countTerm('objects_1d', objects, dayObjects, 'breadth'));
    const hourObjects = b.hour(LEVEL.objects);
    if (window.values[A.objects] > 2 * hourObjects.mean) terms.push(countTerm('objects', window.values[A.objects], hourObjects, 'breadth'));
    const interfaces = b.hour(LEVEL.interfaces);
    if (window.values[A.interfaces] > 2 * interfaces.mean)
      terms.push(countTerm('interfaces', window.values[A.interfaces], interfaces, 'breadth'));
    if (strongest(terms, 'breadth') < 1) return walk;
    const day = b.day(LEVEL.requests);
    if (requests > 2 * day.mean) terms.push(countTerm('requests_1d', requests, day, 'volume', 0.5));
    const assets = b.assetShare();
    if (assets.share > 0.3 && assets.requests > 100 && window.values[A.requests] > 20) {
      terms.push({
        feature: 'assets',
        value: window.values[A.assets],
        law: { kind: 'floor', mean: assets.share * window.values[A.requests], dispersion: 0.7 },
        baseline: { scope: 'own', size: Math.round(b.days) },
        group: 'bare',
        weight: 0.7,
      });
    }
    const regularity = regularTerm(window.values[A.gap_regularity], window.values[A.requests], b, 0.5);
    if (regularity !== undefined) terms.push(regularity);
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};

/** Hours of the last 24 that hold nothing but first looks at objects of one interface; undefined: too few to say. */
function slowWalk(window: ClosedWindow, b: AccountBaselines): Term[] | undefined {
  if (noveltyOf(window.values, NOVELTY.walking_hours) === 0 || b.lifeDays < (b.priorDays < PEERS_KNOWN ? WALK_DAYS + 1 : WALK_DAYS))
    return undefined;
  const hours = b.walkingOfLastDay;
  if (hours < LEAST_WALK) return undefined;
  // a robot without an account walks by profession; a partner's program is judged by what its own days have shown
  if ((window.flags & FLAG.robot) !== 0 && ((window.flags & FLAG.anonymous) !== 0 || b.lifeDays < PROGRAM_DAYS)) return undefined;
  const terms = [countTerm('walking_hours_1d', hours, b.novelty(NOVELTY.walking_hours), 'walk')];
  const fresh = b.amount('1d', LEVEL.new_objects);
  const usual = b.day(LEVEL.new_objects);
  if (fresh > 1.5 * usual.mean) terms.push(countTerm('new_objects_1d', fresh, usual, 'breadth', 0.5));
  return terms;
}

/** How uneven the gaps are (1000 less their regularity), against the account's own hours; undefined when they are uneven. */
export function regularTerm(value: number, requests: number, b: AccountBaselines, weight: number, least = 20): Term | undefined {
  if (requests < least || value < 700) return undefined;
  const own = b.regularity();
  const known = own.hours >= 3 ? own.hours : 0;
  // people's gaps lie around 700, a factor of two apart; who was always even is not odd for it
  const center = ((1000 - own.mean) * known + USUAL_UNEVENNESS * 3) / (known + 3);
  return {
    feature: 'gap_unevenness',
    value: Math.max(EVEN, 1000 - value),
    group: 'regular',
    weight,
    law: { kind: 'measure', center: Math.max(EVEN, center), spread: 0.9, direction: -1 },
    baseline: { scope: known > 0 ? 'own' : 'prior', size: Math.round(own.hours) },
  };
}
