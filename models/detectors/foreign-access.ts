import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { LEVEL, NOVELTY } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { amountTerm, EXPORT_SPREAD, EXPORTS_WEIGHT, lotsTerm, strongest } from '../terms.ts';
import { addNovelty, isFromNowhere, rareCountryTerm, USUAL_WEIGHT } from './account-takeover.ts';

const DATA = ['sensitive', 'exports', 'kilobytes'] as const;
const BYTES = ['foreign_kilobytes'] as const;
/** Amounts of a day below which nothing is said of the day. */
const LEAST_DAY = 4;

/** A country that the account (or host) never had, and something worth it: sensitive reads, data taken (scenario 15). */
export const foreignAccess: Detector<AccountBaselines> = {
  name: 'foreign_access',
  view: 'account',
  window: '1h',
  title: '{key} appears in a country where it never was',
  features: ['new_countries', 'rare_country', ...DATA.flatMap((name) => [name, `${name}_1d`]), ...BYTES],
  needs: ['country'],
  gate: 4,
  share: 2,
  quarantines: false,
  applies: (flags) => (flags & FLAG.anonymous) === 0,
  terms(window, b) {
    if (b.fresh(NOVELTY.new_countries) === 0 || (b.lifeDays < 3 && !isFromNowhere(b))) return undefined;
    const terms: Term[] = [];
    addNovelty(terms, b, 'new_countries', 'where', b.arrivesWhereOthersDo ? USUAL_WEIGHT : 1);
    if (strongest(terms, 'where') < 1) return undefined;
    const rare = rareCountryTerm(b, 'where');
    if (rare !== undefined) terms.push(rare);
    const flow = (window.flags & FLAG.flow) !== 0;
    for (const size of flow ? (['1h'] as const) : (['1h', '1d'] as const)) {
      const spread = b.amount(size, LEVEL.exports) > 0 ? EXPORT_SPREAD : undefined;
      for (const name of flow ? BYTES : DATA) {
        const value = b.amount(size, LEVEL[name]);
        // a day of few calls each hour is what a slow hand takes: what came from there today is today's
        if (value < (size === '1h' ? 1 : LEAST_DAY)) continue;
        const expected = size === '1h' ? b.hour(LEVEL[name]) : b.day(LEVEL[name]);
        if (value <= expected.mean) continue;
        const feature = size === '1h' ? name : `${name}_1d`;
        const amount = name === 'kilobytes' || name === 'foreign_kilobytes';
        terms.push(
          amount
            ? amountTerm(feature, value, expected, 'what', 1, spread)
            : lotsTerm(feature, value, expected, 'what', name === 'exports' ? EXPORTS_WEIGHT : 1, name),
        );
      }
    }
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
