import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm, strongest } from '../terms.ts';

/** Levels whose drift is followed, with what nine active days must hold at least. */
const LEAST = { requests: 100, objects: 60, records: 120, sensitive: 25, kilobytes: 20_000 } as const;
const DRIFTING = Object.keys(LEAST) as (keyof typeof LEAST)[];
/** Growth below this is everyday life. */
const LEAST_GROWTH = 1.25;
/** What is beyond this was not there so slowly: it came at once. */
const MOST_GROWTH = 2.3;

/**
 * A few per cent more each day, which no day and no week shows (scenarios 11, 23): the recent level of the account's active
 * days against what was settled before the growth began. Apart from `ant_moving`, whose three days and week vary more, so
 * that this one can have a finer threshold. Bad at: growth slower than about 1.5 % a day, and accounts younger than a month.
 */
export const slowGrowth: Detector<AccountBaselines> = {
  name: 'slow_growth',
  view: 'account',
  window: '7d',
  title: '{key} does more, a little each day',
  features: DRIFTING.map((name) => `${name}_drift`),
  needs: ['account'],
  gate: 2.5,
  // what grows slowly is to be learned slowly: held back it would stay new for good
  quarantines: false,
  applies: (flags) => (flags & (FLAG.flow | FLAG.anonymous)) === 0,
  terms(_window, b) {
    const terms: Term[] = [];
    for (const name of DRIFTING) {
      const drift = b.drift(LEVEL[name]);
      if (drift === undefined || drift.value < LEAST[name] || drift.value < LEAST_GROWTH * drift.expected.mean) continue;
      if (drift.value > MOST_GROWTH * drift.expected.mean) return undefined;
      terms.push(countTerm(`${name}_drift`, drift.value, drift.expected, 'growth'));
    }
    return strongest(terms, 'growth') < 1.3 ? undefined : terms;
  },
  severity: (evidence) => severityOf(evidence, 'medium'),
};
