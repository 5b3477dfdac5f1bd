import { HOUR } from '../../core/watermark.ts';
import type { SimulatedInterface } from '../interfaces.ts';
import { machineAddress } from '../kinds/partners.ts';
import { middle, Script, scaled, shadow } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** One account walks through ids that are not its own: in order or shuffled, fast or at human pace, refused now and then. */
export const objectTraversal: Scenario = {
  number: 4,
  name: 'object_traversal',
  title: 'object traversal: one account walks ids that are not its own',
  kinds: ['consumer', 'partners', 'office'],
  days: 1,
  span: 0.5,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const person = shadow(middle(setting, (one) => one.role === 'user' || one.role === 'employee' || one.role === 'partner'));
    const interfaces = world.api.all.filter(
      (one: SimulatedInterface) =>
        one.space !== undefined &&
        (one.operation === 'read' || one.operation === 'sensitive') &&
        (one.after !== undefined || one.argument !== '') &&
        !one.key.startsWith('detail0'),
    );
    const one = interfaces.length > 0 ? random.pick(interfaces) : world.api.get('detail0');
    const space = one.space ?? world.space('users');
    const fast = random.chance(0.5);
    const walk = scaled(setting, fast ? random.between(500, 1800) : random.between(250, 600), 25);
    const order = random.pick(['ascending', 'descending', 'shuffled'] as const);
    const from = random.int(Math.max(1, space.count - walk));
    const refusals = random.chance(0.5) ? random.range(0.02, 0.3) : 0;
    const draw = random.next();
    const visit = script.visit({
      at: setting.at + random.range(0, HOUR),
      account: person.name,
      address: person.role === 'partner' ? machineAddress(world, person, draw) : world.addressOf(person, setting.at, draw),
      device: random.pick(person.devices),
      pace: fast ? random.range(0.03, 0.15) : random.range(0.6, 1.2),
    });
    for (let i = 0; i < walk; i++) {
      const step = order === 'ascending' ? i : order === 'descending' ? walk - i : random.int(walk * 3);
      const gap = random.chance(0.06) ? 404 : undefined;
      visit.call(one, { index: from + step, status: random.chance(refusals) ? (random.chance(0.7) ? 403 : 404) : gap });
      visit.think();
      if (!fast && random.chance(0.02)) visit.wait(random.lognormal(10 * 60_000, 0.8));
    }
    return script.campaign({ number: 4, name: 'object_traversal', about: [one.key] });
  },
};
