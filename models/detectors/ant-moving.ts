import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import { surprise, type Term } from '../evidence.ts';
import { LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { amountTerm, countTerm, EXPORT_SPREAD, strongest } from '../terms.ts';

const TAKEN = ['new_objects', 'records', 'objects', 'sensitive', 'kilobytes'] as const;
/** What a week must hold at least, per amount, before its growth is worth a word. */
const LEAST = { new_objects: 30, records: 100, objects: 60, sensitive: 20, kilobytes: 20_000 } as const;

const CLIMBING = ['requests', 'objects', 'new_objects', 'records'] as const;
/** What a typical day of a climb must hold at least before it is worth a word. */
const LEAST_DAY = { requests: 40, objects: 20, new_objects: 10, records: 50 } as const;

/** Objects new to the account that a typical day of a new level must hold: of requests and known objects busy days come in runs. */
const LEAST_STEP_DAY = 10;

/** Surprise from which a climb, or what peers take, says something: outside of what is normal. */
const OUTSIDE = 2;
/** The middle one of three days is at least this much above a usual one, else it was one big day. */
const LEAST_MIDDLE = 1.5;

/**
 * A little more each day, within permission (scenarios 11, 23): the trend of its working days (a climb);
 * its last three working days against those before, for who is alike day by day (a step); three days against three usual ones; seven days against the account's own long-horizon anchor, which follows slowly, and
 * against its peers.
 */
export const antMoving: Detector<AccountBaselines> = {
  name: 'ant_moving',
  view: 'account',
  window: '7d',
  title: '{key} takes more, a little each day',
  features: [
    ...TAKEN.flatMap((name) => [`${name}_3d`, `${name}_7d`, `${name}_7d_peers`]),
    ...CLIMBING.map((name) => `${name}_climb`),
    'new_objects_step',
  ],
  needs: ['account', 'object'],
  gate: 2.5,
  // days of slow growth are what the anchor is for; holding them back from the own past would hide a new level for good
  quarantines: false,
  applies: (flags) => (flags & (FLAG.flow | FLAG.anonymous)) === 0,
  terms(_window, b) {
    if (b.lifeDays < 5) return undefined;
    const terms: Term[] = [];
    for (const name of TAKEN) level(terms, b, name);
    for (const name of CLIMBING) {
      const climb = b.climb(LEVEL[name]);
      if (climb === undefined || climb.value < LEAST_DAY[name]) continue;
      const baseline = { scope: 'own', size: climb.days } as const;
      const term: Term = { feature: `${name}_climb`, value: climb.value, law: climb.law, baseline, group: 'growth', weight: 1 };
      if (surprise(term.law, term.value) >= OUTSIDE) terms.push(term);
    }
    const step = b.step(LEVEL.new_objects);
    if (step !== undefined && step.value >= LEAST_STEP_DAY && surprise(step.law, step.value) >= OUTSIDE) {
      const baseline = { scope: 'own', size: step.days } as const;
      terms.push({ feature: 'new_objects_step', value: step.value, law: step.law, baseline, group: 'growth', weight: 1 });
    }
    for (const name of TAKEN) {
      const value = b.amount('7d', LEVEL[name]);
      if (value < LEAST[name]) continue;
      const anchor = b.anchoredWeek(LEVEL[name]);
      if (anchor === undefined || value < 1.2 * anchor.mean) continue;
      // one big day is another matter: the days before it must have grown at least half as much
      const before = ((value - b.amount('1d', LEVEL[name])) * 7) / 6;
      if (before / anchor.mean - 1 < 0.5 * (value / anchor.mean - 1)) continue;
      terms.push(countTerm(`${name}_7d`, value, anchor, 'growth'));
    }
    if (strongest(terms, 'growth') + strongest(terms, 'level') < 1.3) return undefined;
    const climbs = terms.every((term) => term.feature.endsWith('_climb'));
    for (const name of TAKEN) {
      const value = b.amount('7d', LEVEL[name]);
      if (value < LEAST[name]) continue;
      const peers = b.peers(LEVEL[name], 5);
      const term = countTerm(`${name}_7d_peers`, value, peers, 'peers');
      if (surprise(term.law, term.value) >= OUTSIDE) terms.push(term);
    }
    // working days of honest people have trends too, within what their peers take
    if (climbs && strongest(terms, 'peers') === 0) return undefined;
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};

/** Three days against three of its own days, for accounts too young to have an anchor; not one big day among them. */
function level(terms: Term[], b: AccountBaselines, name: (typeof TAKEN)[number]): void {
  const value = b.amount('3d', LEVEL[name]);
  if (value < LEAST[name]) return;
  const expected = { ...b.day(LEVEL[name]) };
  expected.mean *= 3;
  if (
    value < 2 * expected.mean ||
    value - b.amount('1d', LEVEL[name]) < expected.mean ||
    b.middleDay(LEVEL[name]) < (LEAST_MIDDLE * expected.mean) / 3
  )
    return;
  // days of a run hang together: a third of the variance is all that three days take away
  expected.dispersion *= 2 / 3;
  const amount = name === 'kilobytes' || name === 'records';
  const spread = b.amount('3d', LEVEL.exports) > 0 ? EXPORT_SPREAD : undefined;
  if (amount) terms.push(amountTerm(`${name}_3d`, value, expected, 'level', 0.8, spread));
  else terms.push(countTerm(`${name}_3d`, value, expected, 'level', 0.8));
}
