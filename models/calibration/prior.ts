import type { TailPrior } from './tail.ts';

/** Shipped prior of every detector without its own. At 1,000 entities and a share of 0.05 a day the first day's threshold lies near 9. */
export const GENERAL_PRIOR: TailPrior = { slope: 0.55, offset: 1.5, count: 1, excess: 1.8, excesses: 4, shape: 0.15 };

/**
 * Trained scorers say their evidence in decades of clean windows that they were not trained on (models/learned), so their
 * frequency falls by nearly a decade a decade, and there is little to be wide about. The offset stands for the windows that
 * an entity has in a day: some hours of an account, every hour of an interface. On training tenants that the scorers did
 * not see, 4 decades were reached by 0.05 accounts and 0.16 interfaces a tenant-day, 5 decades by 0.006 and 0.02.
 */
const TRAINED: TailPrior = { slope: 0.95, offset: 0.6, count: 1, excess: 0.5, excesses: 10, shape: 0.05, days: 2 };
const OF_INTERFACES: TailPrior = { ...TRAINED, offset: 1.4 };

/**
 * Detectors of accounts, on clean days of consumer, office and partner tenants: mean excesses of 0.45 to 0.8, and more
 * where amounts of bytes or single events decide. The general prior is twice as heavy; with it a detector that hardly
 * ever says anything stays deaf for weeks.
 */
const OF_ACCOUNTS: TailPrior = { ...GENERAL_PRIOR, excess: 0.8, excesses: 10, shape: 0.1 };
const OF_EVENTS: TailPrior = { ...GENERAL_PRIOR, excess: 1.1, excesses: 10, shape: 0.1 };

/**
 * New places come in waves: in the first days of a tenant everything that was not there on the first one is new to someone.
 * So a few quiet days are not believed: beside them stands what other tenants showed, nearly a decade a decade.
 */
const OF_PLACES: TailPrior = { ...OF_EVENTS, slope: 0.9, offset: 1, days: 3 };

/**
 * Crowds at a benefit: on 130 days of consumer and partner tenants with an honest promotion each, 3 decades were reached by
 * 0.05 interfaces a day, 4 by 0.015.
 */
const OF_BENEFITS: TailPrior = { ...GENERAL_PRIOR, excess: 1, excesses: 10, shape: 0.1 };

/**
 * Silences: said as the chance of an hour, and only from the gate on. On 90 days of consumer, office and partner tenants 2
 * decades were reached by 0.5 interfaces a day, 3 by 0.1.
 */
const OF_SILENCES: TailPrior = { ...GENERAL_PRIOR, excess: 0.6, excesses: 10, shape: 0.1 };

/** Shipped priors by detector name, where measurements on several kinds of tenants say something else than the general one. */
export const DETECTOR_PRIORS: ReadonlyMap<string, TailPrior> = new Map([
  ['learned_account', TRAINED],
  ['unusual_account', TRAINED],
  ['learned_interface', OF_INTERFACES],
  ['unusual_interface', OF_INTERFACES],
  ['account_takeover', OF_PLACES],
  ['ant_moving', OF_ACCOUNTS],
  ['foreign_access', OF_PLACES],
  ['fraud_cohort', OF_BENEFITS],
  ['foreign_callers', OF_ACCOUNTS],
  ['machine_behaviour', OF_ACCOUNTS],
  ['interface_silent', OF_SILENCES],
  ['object_traversal', OF_ACCOUNTS],
  ['scraping', OF_ACCOUNTS],
  ['bulk_export', OF_EVENTS],
  ['privileged_misuse', OF_EVENTS],
]);

export function priorOf(detector: string): TailPrior {
  return DETECTOR_PRIORS.get(detector) ?? GENERAL_PRIOR;
}
