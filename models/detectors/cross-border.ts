import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { amountTerm } from '../terms.ts';
import { addNovelty } from './account-takeover.ts';

/** Bytes to other countries in a day below which nothing is worth a word: 20 MiB. */
const LEAST_KILOBYTES = 20 * 1024;

/** Bulk to another country (scenario 22): bytes abroad against the host's own days and its peers. */
export const crossBorder: Detector<AccountBaselines> = {
  name: 'cross_border_transfer',
  view: 'account',
  window: '1d',
  title: 'Host {key} sends much to other countries',
  features: ['foreign_kilobytes', 'foreign_kilobytes_1d', 'new_countries'],
  needs: ['flow', 'peerCountry'],
  gate: 4,
  looks: true,
  applies: (flags) => (flags & FLAG.flow) !== 0,
  terms(_window, b) {
    const day = b.amount('1d', LEVEL.foreign_kilobytes);
    if (day < LEAST_KILOBYTES) return undefined;
    const terms: Term[] = [];
    const expected = b.day(LEVEL.foreign_kilobytes);
    if (day > 2 * expected.mean) terms.push(amountTerm('foreign_kilobytes_1d', day, expected, 'bytes'));
    const hour = b.amount('1h', LEVEL.foreign_kilobytes);
    const hourly = b.hour(LEVEL.foreign_kilobytes);
    if (hour > 2 * hourly.mean) terms.push(amountTerm('foreign_kilobytes', hour, hourly, 'bytes'));
    if (b.lifeDays >= 2) addNovelty(terms, b, 'new_countries', 'where');
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
