import { ACCOUNT_DAY } from './account-day.ts';
import { ACCOUNT_HALF_SPACES } from './account-hours.ts';
import type { Comparator, RuleKind } from './contract.ts';
import { TenantsComparator } from './contract.ts';
import { DISTINCT_VALUES } from './distinct-values.ts';
import { INTERFACE_HOUR } from './interface-hour.ts';
import { INTERFACE_RATE } from './interface-rate.ts';
import { CRAWL_BUCKET, FAILURE_BUCKET } from './leaky-bucket.ts';

/** The published rules that Weir is compared with, in the order of the table. */
export const COMPARATORS: readonly RuleKind[] = [
  FAILURE_BUCKET,
  CRAWL_BUCKET,
  DISTINCT_VALUES,
  INTERFACE_RATE,
  ACCOUNT_DAY,
  INTERFACE_HOUR,
  ACCOUNT_HALF_SPACES,
];

/**
 * One of each, without any past.
 * @param floor the share of its published threshold from which a rule keeps alerts, for sweeps; 1: published verdicts alone
 */
export function createComparators(floor = 1): Comparator[] {
  return COMPARATORS.map((kind) => new TenantsComparator(kind, { floor }));
}
