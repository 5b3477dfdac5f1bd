import { DAY, HOUR } from '../../core/watermark.ts';
import type { Device } from '../devices.ts';
import { device, seasonal } from '../script.ts';
import type { Setting } from '../strand.ts';

/** How the many identities of one campaign hide: drawn once for it. */
export interface CrowdWays {
  /** an address for one identity */
  address(): string;
  /** a device for one identity */
  device(): Device;
  /** an instant of [from, to) */
  moment(from: number, to: number): number;
}

/**
 * Places: rented homes all over, a carrier's NAT, the very towns of customers. Hours: those of users, evenly day and
 * night, or in a few sittings. Devices by the tenant's own law, of all kinds or of a few.
 */
export function drawWays(setting: Setting): CrowdWays {
  const { random, world } = setting;
  const place = random.pick(['homes', 'homes', 'towns', 'carrier', 'both'] as const);
  const foreign = random.chance(0.4) ? random.range(0, 0.25) : 0;
  const clock = random.pick(['users', 'users', 'flat', 'sittings'] as const);
  const few = random.chance(0.3) ? Array.from({ length: random.between(3, 15) }, () => device(setting)) : [];
  const carrier = random.int(16);
  const sittings = Array.from({ length: random.between(3, 8) }, () => random.next());
  const town = (): string => world.networks.customerAddress(random);
  return {
    address() {
      const now = place === 'both' ? (random.chance(0.5) ? 'carrier' : 'homes') : place;
      if (now === 'towns') return town();
      if (now === 'carrier') return world.networks.carrierAddress(carrier, random.int(1 << 20));
      return world.networks.residential(random, foreign);
    },
    device: () => (few.length > 0 ? random.pick(few) : device(setting)),
    moment(from, to) {
      if (clock === 'flat') return random.range(from, to);
      if (clock === 'users' || to - from < 0.5 * DAY) return seasonal(setting, from, to);
      return Math.min(to - 1, from + random.pick(sittings) * (to - from) + random.exponential(1.5 * HOUR));
    },
  };
}

/** How long a campaign lasts, ms: between `low` and `high` days, but it ends with the plan. */
export function lasting(setting: Setting, low: number, high: number): number {
  return Math.min(setting.random.range(low, high) * DAY, setting.end - setting.at - HOUR);
}
