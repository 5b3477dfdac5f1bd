import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { A, LEVEL, NOVELTY, type Novelty } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { amountTerm, EXPORT_SPREAD, EXPORTS_WEIGHT, fixedTerm, lotsTerm, strongest } from '../terms.ts';
import type { ClosedWindow } from '../windows.ts';

const WHERE: readonly Novelty[] = ['new_environment', 'new_countries', 'new_networks', 'new_addresses'];
const WHAT = ['sensitive', 'exports', 'new_objects', 'kilobytes', 'targets', 'requests'] as const;
const WEIGHT: Partial<Record<(typeof WHAT)[number], number>> = { exports: EXPORTS_WEIGHT, requests: 0.7 };

/**
 * A new environment and then another behaviour (scenario 9): network, country and device that the account never had,
 * together, and something done that it does not do. A traveller has the first, a busy day the second.
 */
export const accountTakeover: Detector<AccountBaselines> = {
  name: 'account_takeover',
  view: 'account',
  window: '1h',
  title: '{key} is used from a new environment and behaves differently',
  features: [
    'new_environment',
    'new_addresses',
    'new_networks',
    'new_countries',
    'new_devices',
    'rare_country',
    'login_success_new',
    'new_interfaces',
    'new_interfaces_of_interfaces',
    ...WHAT,
  ],
  needs: ['account', 'address', 'asn', 'device'],
  gate: 3.4,
  looks: true,
  share: 2,
  applies: (flags) => (flags & (FLAG.flow | FLAG.anonymous)) === 0,
  terms(window, b) {
    if (b.lifeDays < 2 && !isFromNowhere(b)) return undefined;
    if (b.fresh(NOVELTY.new_networks) + b.fresh(NOVELTY.new_countries) + b.fresh(NOVELTY.new_devices) === 0) return undefined;
    const terms: Term[] = [];
    const usual = b.arrivesWhereOthersDo ? USUAL_WEIGHT : 1;
    for (const name of WHERE) addNovelty(terms, b, name, 'where', usual);
    // together they are weighed as one: a traveller's new phone is not twice as odd
    addNovelty(terms, b, 'new_devices', 'device', usual * (b.fresh(NOVELTY.new_environment) > 0 ? 0.5 : 1));
    const rare = rareCountryTerm(b, 'where');
    if (rare !== undefined) terms.push(rare);
    if (strongest(terms, 'where') < 0.5 || strongest(terms, 'where') + strongest(terms, 'device') < 1.5) return undefined;
    const spread = b.amount('1h', LEVEL.exports) > 0 ? EXPORT_SPREAD : undefined;
    for (const level of WHAT) {
      const value = b.amount('1h', LEVEL[level]);
      const expected = b.hour(LEVEL[level]);
      if (value <= 1.5 * expected.mean || value < 2) continue;
      if (level === 'kilobytes') terms.push(amountTerm(level, value, expected, 'what', 1, spread));
      else terms.push(lotsTerm(level, value, expected, 'what', WEIGHT[level]));
    }
    addNovelty(terms, b, 'new_interfaces', 'what');
    addStrangeness(terms, window, b);
    const after = window.values[A.login_success_new];
    if (after > 0) terms.push(fixedTerm('login_success_new', after, 0.02, 1, 'after', 1));
    return terms;
  },
  severity: (evidence) => severityOf(evidence),
};

/** Interfaces of a window from which the share of new ones says something. */
const LEAST_INTERFACES = 4;
/** Visits of one account differ in how much of them is new as if so many interfaces had been looked at. */
const SHARE_TRIALS = 5;

/** Most of what is done here the account never did: a burglar does not do what the owner does, be it little. */
function addStrangeness(terms: Term[], window: ClosedWindow, b: AccountBaselines): void {
  const used = window.values[A.interfaces];
  const fresh = window.values[A.new_interfaces];
  if (used < LEAST_INTERFACES || fresh < 2) return;
  const novel = b.novelty(NOVELTY.new_interfaces).mean;
  const { mean, scope, size } = b.day(LEVEL.interfaces);
  const share = Math.min(0.5, Math.max(0.02, novel / Math.max(mean, 1)));
  if (fresh <= share * used) return;
  terms.push({
    feature: 'new_interfaces_of_interfaces',
    value: fresh,
    law: { kind: 'share', trials: used, a: SHARE_TRIALS * share, b: SHARE_TRIALS * (1 - share) },
    baseline: { scope, size },
    group: 'what',
    weight: 1,
  });
}

/** Weight of a new place or device where most of the tenant's accounts go that turn up in a new country. */
export const USUAL_WEIGHT = 0.5;

/** Share of a tenant's account-days below which it has no one in a country. */
const NO_ONE = 0.002;

/** Whether an account of which one day only is known shows up in a country where the tenant has no one: that says the rest. */
export function isFromNowhere(b: AccountBaselines): boolean {
  return b.lifeDays >= 1 && (b.rarestCountry?.share ?? 1) < NO_ONE;
}

/** Share of a tenant's account-days below which a country is rare. */
const RARE_COUNTRY = 0.01;

/** A country that is fresh to the account and from which hardly any account of the tenant comes; undefined for none. */
export function rareCountryTerm(b: AccountBaselines, group: string): Term | undefined {
  const country = b.rarestCountry;
  if (country === undefined || country.share >= RARE_COUNTRY || b.arrivesWhereOthersDo) return undefined;
  return {
    feature: 'rare_country',
    value: 1,
    law: { kind: 'count', mean: country.visits, dispersion: 1 },
    baseline: { scope: 'tenant', size: country.size },
    group,
    weight: 1,
  };
}

/** What was new of one kind today, against the account's own rate and its peers'. */
export function addNovelty(terms: Term[], b: AccountBaselines, name: Novelty, group: string, weight = 1): void {
  const value = b.fresh(NOVELTY[name]);
  if (value <= 0) return;
  terms.push(lotsTerm(name, value, b.novelty(NOVELTY[name]), group, weight));
}
