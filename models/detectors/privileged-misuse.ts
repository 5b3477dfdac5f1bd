import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import { surprise, type Term } from '../evidence.ts';
import { LEAST_SURPRISE } from '../interface-terms.ts';
import { A, LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { amountTerm, countTerm } from '../terms.ts';
import { addNovelty } from './account-takeover.ts';

/** What a listed account does that it does not do: level, group, and the least that is worth a word in an hour. */
const DONE = [
  ['sensitive', 'sensitive', 5],
  ['exports', 'exports', 1],
  ['records', 'exports', 200],
  ['kilobytes', 'exports', 5_000],
  ['new_objects', 'objects', 15],
  ['objects', 'objects', 15],
  ['errors', 'refusals', 5],
] as const;

/** One export may be a thousand times another: how much it brought weighs half. */
const AMOUNTS: ReadonlySet<string> = new Set(['records', 'kilobytes']);
const WHERE = ['new_environment', 'new_networks', 'new_countries'] as const;

/**
 * A privileged account of the config's roles does what it never does (scenario 13): reads people's records, exports,
 * uses interfaces that neither it nor its peers of the role use, from a new environment or at hours when it never works.
 * Each alone is a busy day; a listed account is watched more closely, so here they add up. Blind where no account is
 * listed as admin. Bad at: misuse that is the account's everyday work.
 */
export const privilegedMisuse: Detector<AccountBaselines> = {
  name: 'privileged_misuse',
  view: 'account',
  window: '1h',
  title: 'Privileged account {key} does what it never does',
  features: [...DONE.map(([name]) => name), 'new_interfaces', ...WHERE, 'requests_at_this_hour'],
  needs: ['account', 'admin'],
  gate: 3.2,
  looks: true,
  applies: (flags) => (flags & FLAG.admin) !== 0 && (flags & (FLAG.flow | FLAG.anonymous | FLAG.service)) === 0,
  terms(window, b) {
    if (b.lifeDays < 2) return undefined;
    const terms: Term[] = [];
    const done = new Set<string>();
    for (const [name, group, least] of DONE) {
      const level = LEVEL[name];
      const value = b.amount('1h', level);
      if (value < least) continue;
      const expected = b.hour(level);
      if (value <= 2 * expected.mean) continue;
      const weight = group === 'refusals' || AMOUNTS.has(name) ? 0.5 : 1;
      const term = (AMOUNTS.has(name) ? amountTerm : countTerm)(name, value, expected, group, weight);
      if (add(terms, term) && group !== 'refusals') done.add(group);
    }
    if (done.size === 0) return undefined;
    const others: Term[] = [];
    addNovelty(others, b, 'new_interfaces', 'interfaces');
    for (const name of WHERE) addNovelty(others, b, name, 'where', 0.7);
    if (b.lifeDays >= 5) {
      const usual = b.offHours(window.calendar.hour, window.calendar.working);
      if (usual !== undefined) others.push(countTerm('requests_at_this_hour', window.values[A.requests], usual, 'when'));
    }
    for (const term of others) if (add(terms, term) && term.group === 'interfaces') done.add(term.group);
    // one thing more than usual is a busy day, or a month's end; where and when only say more about two
    return done.size >= 2 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence),
};

/** Takes a term that is no chance; whether it was one. */
function add(terms: Term[], term: Term): boolean {
  if (surprise(term.law, term.value) < LEAST_SURPRISE) return false;
  terms.push(term);
  return true;
}
