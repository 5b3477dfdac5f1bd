import { WeirError } from '../../core/errors.ts';
import { DAY } from '../../core/watermark.ts';
import type { TenantKind } from '../plan.ts';
import { planEnd } from '../plan.ts';
import { Random } from '../random.ts';
import type { HardNegative, Strand } from '../strand.ts';
import type { World } from '../world.ts';
import {
  carrierNat,
  flashSale,
  holiday,
  honestPromotion,
  incidentRetries,
  officeNat,
  passwordResetWave,
  release,
  timeZones,
} from './crowds.ts';
import { crawler, growingPartner, monthEnd, nightlyBatch, probe } from './machines.ts';
import { backup, largeUpload, monitoring } from './network.ts';
import { callCentre, familyDevice, newcomer, newPhone, traveller, vpnHopper } from './persons.ts';

/** All hard negatives. Adding one: a file (or a place in one), and its line here. */
export const HARD_NEGATIVES: readonly HardNegative[] = [
  nightlyBatch,
  probe,
  carrierNat,
  officeNat,
  flashSale,
  release,
  holiday,
  crawler,
  callCentre,
  traveller,
  vpnHopper,
  passwordResetWave,
  incidentRetries,
  growingPartner,
  monthEnd,
  newcomer,
  familyDevice,
  timeZones,
  newPhone,
  backup,
  monitoring,
  largeUpload,
  honestPromotion,
];

/** The hard negative of a name; throws `usage` with the list when there is none. */
export function findBenign(name: string): HardNegative {
  const found = HARD_NEGATIVES.find((one) => one.name === name);
  if (found === undefined)
    throw new WeirError('usage', `there is no hard negative "${name}"; there are: ${HARD_NEGATIVES.map((one) => one.name).join(', ')}`);
  return found;
}

/** Names of those that suit a kind and fit into so many days. */
export function benignOf(kind: TenantKind, days: number): string[] {
  return HARD_NEGATIVES.filter((one) => one.kinds.includes(kind) && days >= one.days).map((one) => one.name);
}

/** Weaves a hard negative into a world. */
export function beginHardNegative(world: World, name: string, index: number): Strand {
  const one = findBenign(name);
  const { plan } = world;
  const random = new Random(world.seed, 'benign', name, index);
  const end = planEnd(plan);
  const latest = Math.max(plan.start, end - one.span * DAY);
  const at = random.range(plan.start + (latest - plan.start) * 0.2, latest);
  return one.begin({ id: `${plan.name}-benign-${name}`, world, random, intensity: 1, at, end });
}
