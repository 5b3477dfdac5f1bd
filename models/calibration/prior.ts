import type { TailPrior } from './tail.ts';

/** Shipped prior of every detector without its own. At 1,000 entities and a share of 0.05 a day the first day's threshold lies near 9. */
export const GENERAL_PRIOR: TailPrior = { slope: 0.55, offset: 1.5, count: 1, excess: 1.8, excesses: 4, shape: 0.15 };

/** Shipped priors by detector name, where measurements on several kinds of tenants say something else than the general one. */
export const DETECTOR_PRIORS: ReadonlyMap<string, TailPrior> = new Map();

export function priorOf(detector: string): TailPrior {
  return DETECTOR_PRIORS.get(detector) ?? GENERAL_PRIOR;
}
