import { HOUR } from '../../core/watermark.ts';
import { middle, Script } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** A script sits behind a person's account: steady intervals, no idle, the same few steps for a day and more. */
export const machineBehaviour: Scenario = {
  number: 18,
  name: 'machine_behaviour',
  title: "a script behind a person's account",
  kinds: ['consumer', 'office'],
  days: 2,
  span: 1.2,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const person = middle(setting, (one) => one.role === 'user' || one.role === 'employee');
    const consumer = world.plan.kind === 'consumer';
    const i = random.int(world.count('list'));
    const steps = consumer
      ? random.sample([`list${i}`, 'home', 'benefits', 'cart', 'messages', 'profile'], random.between(1, 3))
      : random.sample([`list${i}`, 'dashboard', 'search', 'profile'], random.between(1, 3));
    const period = random.lognormal(75_000, 0.5) / setting.intensity;
    const jitter = random.range(0.005, 0.06);
    const end = Math.min(setting.at + random.range(14, 28) * HOUR, setting.end - HOUR);
    const visit = script.visit({
      at: setting.at,
      account: person.name,
      address: world.addressOf(person, setting.at, random.next()),
      device: random.pick(person.devices),
    });
    while (visit.t < end) {
      const begun = visit.t;
      for (const step of steps) visit.call(world.api.get(step));
      visit.t = Math.max(visit.t + 200, begun + period * (1 + jitter * random.normal()));
    }
    return script.campaign({ number: 18, name: 'machine_behaviour', about: steps });
  },
};
