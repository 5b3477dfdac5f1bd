import { gammaShare } from '../special.ts';

/** Events per unit of exposure, with a two-sided 95 % interval. */
export interface Rate {
  count: number;
  /** units looked at: tenant-days */
  of: number;
  /** count / of; 0 of none */
  rate: number;
  low: number;
  high: number;
}

const TAIL = 0.025;
/** Fewer groups tell nothing of how much they differ. */
const LEAST_GROUPS = 5;

/**
 * Rate of rare events in groups (tenants) that differ: the exact Poisson interval (Garwood 1936), widened by the dispersion
 * between groups (Pearson's chi-square over its degrees of freedom, never below 1): five tenants with two false incidents
 * each say more than one with ten and four with none.
 * @param groups count and exposure of each group
 */
export function rateOf(groups: readonly { count: number; of: number }[]): Rate {
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const of = groups.reduce((sum, group) => sum + group.of, 0);
  if (of <= 0) return { count, of: 0, rate: 0, low: 0, high: Number.POSITIVE_INFINITY };
  const rate = count / of;
  const spread = dispersion(groups, rate);
  const effective = count / spread;
  const low = effective === 0 ? 0 : quantile(effective, TAIL);
  const high = quantile(effective + 1, 1 - TAIL);
  return { count, of, rate, low: (spread * low) / of, high: (spread * high) / of };
}

function dispersion(groups: readonly { count: number; of: number }[], rate: number): number {
  const exposed = groups.filter((group) => group.of > 0);
  if (rate === 0 || exposed.length < LEAST_GROUPS) return 1;
  const chi = exposed.reduce((sum, group) => sum + (group.count - rate * group.of) ** 2 / (rate * group.of), 0);
  return Math.max(1, chi / (exposed.length - 1));
}

/** Where the gamma law of that shape reaches a share, by bisection. */
function quantile(shape: number, share: number): number {
  let low = 0;
  let high = shape + 10 * Math.sqrt(shape) + 20;
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (gammaShare(shape, middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
