import { mix32 } from '../../core/hash.ts';
import { phoneNumber } from '../people.ts';
import type { Visit } from '../visit.ts';

/** Asks the tenant's lookup whether a phone number is known. How it says no is the tenant's way: in the body, by 404, or by a business code. */
export function askWhether(visit: Visit, phone: string, known: boolean, anonymous = false): void {
  const { world } = visit;
  const refuses = !known && world.lookup.unknown !== 'body';
  visit.call(world.api.get('check'), {
    query: `${world.phoneArgument}=${phone}`,
    target: phone,
    ...(refuses && world.lookup.unknown === 'status' ? { status: 404 } : {}),
    ...(refuses ? { code: 404 } : {}),
    ...(anonymous ? { anonymous } : {}),
  });
}

/** A colleague's, a customer's or a caller's number is looked up: mostly of those one deals with again and again. */
export function lookUpSome(visit: Visit, seed: number): void {
  const { random, world } = visit;
  for (let n = random.geometric(1.7); n > 0; n--) {
    const known = random.chance(world.lookup.hits);
    const phone = known ? phoneNumber(world.plan.country, mix32(seed ^ (random.zipf(400, 0.7) * 7919))) : world.unknownPhone(random);
    askWhether(visit, phone, known, world.lookup.open);
    visit.think();
  }
}
