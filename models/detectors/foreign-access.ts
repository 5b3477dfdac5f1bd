import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { LEVEL, NOVELTY } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { amountTerm, countTerm, strongest } from '../terms.ts';
import { addNovelty } from './account-takeover.ts';

/** A country that the account (or host) never had, and something worth it: sensitive reads, data taken (scenario 15). */
export const foreignAccess: Detector<AccountBaselines> = {
  name: 'foreign_access',
  view: 'account',
  window: '1h',
  title: '{key} appears in a country where it never was',
  features: ['new_countries', 'new_networks', 'sensitive', 'exports', 'kilobytes', 'foreign_kilobytes'],
  needs: ['country'],
  gate: 4,
  quarantines: false,
  applies: (flags) => (flags & FLAG.anonymous) === 0,
  terms(window, b) {
    if (b.lifeDays < 3 || b.fresh(NOVELTY.new_countries) === 0) return undefined;
    const terms: Term[] = [];
    addNovelty(terms, b, 'new_countries', 'where');
    if (strongest(terms, 'where') < 1) return undefined;
    const flow = (window.flags & FLAG.flow) !== 0;
    for (const name of flow ? (['foreign_kilobytes'] as const) : (['sensitive', 'exports', 'kilobytes'] as const)) {
      const value = b.amount('1h', LEVEL[name]);
      const expected = b.hour(LEVEL[name]);
      if (value >= 1 && value > expected.mean)
        terms.push((name === 'kilobytes' || name === 'foreign_kilobytes' ? amountTerm : countTerm)(name, value, expected, 'what'));
    }
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
