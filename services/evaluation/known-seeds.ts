import { FIRST_TRAINING_SEED } from '../training/training-plans.ts';

/** Evaluation seeds whose tenants the detectors were tuned on, first and last: the one place where they are written down. */
export const TUNED_ON: readonly (readonly [first: number, last: number])[] = [
  [300, 419],
  [600, 759],
  [1000, 1299],
];

/** Tenants of one evaluation seed: its thousand tenant seeds begin at seed x 1000. */
const TENANTS_OF_SEED = 1000;

/** What a seed was used for before, if anything: figures on such tenants flatter. */
export function usedFor(seed: number): 'tuning' | 'training' | undefined {
  if ((seed + 1) * TENANTS_OF_SEED > FIRST_TRAINING_SEED) return 'training';
  return TUNED_ON.some(([first, last]) => seed >= first && seed <= last) ? 'tuning' : undefined;
}

/** The same by the seed of one tenant, as `weir simulate` takes it. */
export function usedForTenant(seed: number): 'tuning' | 'training' | undefined {
  return usedFor(Math.floor(seed / TENANTS_OF_SEED));
}
