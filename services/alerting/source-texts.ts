import type { Reason } from '../../schemas/alert.ts';
import { FLAG, TRAIT_SHIFT } from '../core/batch.ts';

interface TraitText {
  flag: number;
  /** name of the reason; left out: it is said in the evidence only */
  feature?: string;
  /** nobody is expected to come from there */
  odd?: true;
  /** behind an address in the evidence */
  short: string;
  /** what the reason says of a source, and of an account that was used from there */
  source: string;
  account: string;
}

/** What is known of addresses, in the order in which it is told. */
const TEXTS: readonly TraitText[] = [
  {
    flag: FLAG.threat,
    feature: 'threat_list',
    odd: true,
    short: 'listed as a threat',
    source: 'a list of threats has this address',
    account: 'used from an address that a list of threats has',
  },
  {
    flag: FLAG.fakeCrawler,
    feature: 'fake_crawler',
    odd: true,
    short: 'not the crawler that it says it is',
    source: "it says that it is a search engine's crawler, and the address is none of that company",
    account: "used by what says that it is a search engine's crawler, from an address that is none of that company",
  },
  {
    flag: FLAG.hosting,
    feature: 'hosting_network',
    short: 'hosting',
    source: 'the address belongs to a network of rented machines (hosting)',
    account: 'used from a network of rented machines (hosting)',
  },
  {
    flag: FLAG.mobile,
    feature: 'mobile_network',
    short: 'mobile carrier',
    source: 'the address belongs to a mobile carrier: many people share it',
    account: 'used from the network of a mobile carrier',
  },
  {
    flag: FLAG.partner,
    feature: 'partner_address',
    short: 'partner',
    source: "the tenant's list of partners has this address",
    account: "used from an address that the tenant's list of partners has",
  },
  { flag: FLAG.crawler, short: 'verified crawler', source: '', account: '' },
  { flag: FLAG.bastion, short: 'bastion', source: '', account: '' },
  { flag: FLAG.own, short: 'own address', source: '', account: '' },
];

/**
 * What is known of the addresses behind an alert, as reasons that weigh nothing in its score. `flags`: of the candidate.
 * Empty for interfaces and targets, which have no address of their own.
 */
export function traitReasons(flags: number, kind: string): Reason[] {
  if (kind !== 'source' && kind !== 'account') return [];
  return TEXTS.flatMap(({ flag, feature, odd, [kind]: text }) =>
    (flags & flag) === 0 || feature === undefined
      ? []
      : [
          {
            feature,
            value: 1,
            expected: { low: 0, high: odd ? 0 : 1 },
            baseline: { scope: 'fixed' as const, size: 0 },
            contribution: 0,
            text,
          },
        ],
  );
}

/** What is known of the address of a sample, for behind it in a sentence: ` (hosting, listed as a threat)`; '' for nothing. */
export function traitsText(traits: number): string {
  const known = TEXTS.filter(({ flag }) => ((traits << TRAIT_SHIFT) & flag) !== 0).map(({ short }) => short);
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}
