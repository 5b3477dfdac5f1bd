import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Expectation } from '../baselines/credibility.ts';
import type { Detector } from '../detector.ts';
import { surprise, type Term } from '../evidence.ts';
import { LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { amountTerm } from '../terms.ts';
import { addNovelty } from './account-takeover.ts';

/** Bytes to other countries in a day below which nothing is worth a word: 20 MiB. */
const LEAST_KILOBYTES = 20 * 1024;

/** Spread of what hosts send in a day, ln units: one upload or one meeting is a thousand times a day of pages. */
const PEERS_SPREAD = 1.5;

/** Bulk to another country (scenario 22): bytes abroad against the host's own days and its peers. */
export const crossBorder: Detector<AccountBaselines> = {
  name: 'cross_border_transfer',
  view: 'account',
  window: '1d',
  title: 'Host {key} sends much to other countries',
  features: ['foreign_kilobytes', 'foreign_kilobytes_1d', 'new_countries'],
  needs: ['flow', 'peerCountry'],
  gate: 3,
  looks: true,
  applies: (flags) => (flags & FLAG.flow) !== 0,
  terms(_window, b) {
    const day = b.amount('1d', LEVEL.foreign_kilobytes);
    if (day < LEAST_KILOBYTES) return undefined;
    const terms: Term[] = [];
    addBytes(terms, 'foreign_kilobytes_1d', day, b.day(LEVEL.foreign_kilobytes), b);
    addBytes(terms, 'foreign_kilobytes', b.amount('1h', LEVEL.foreign_kilobytes), b.hour(LEVEL.foreign_kilobytes), b);
    if (b.lifeDays >= 2) addNovelty(terms, b, 'new_countries', 'where');
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};

/**
 * Bytes that are odd for the host and among its peers' days too, told by the weaker of the two: a quiet host's first
 * meeting is odd for it alone, a busy host's day for the others.
 */
function addBytes(terms: Term[], feature: string, value: number, expected: Expectation, b: AccountBaselines): void {
  if (value <= 2 * expected.mean) return;
  const own = amountTerm(feature, value, expected, 'bytes');
  const peers = b.peers(LEVEL.foreign_kilobytes, 1);
  if (value <= peers.mean) return;
  const among = amountTerm(feature, value, peers, 'bytes', 1, PEERS_SPREAD);
  terms.push(surprise(own.law, value) <= surprise(among.law, value) ? own : among);
}
