import { DAY, HOUR } from '../../core/watermark.ts';
import { addressIn } from '../networks.ts';
import { atWork, candidates, middle, Script, scaled, shadow } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** A sensitive interface is called from another country by an account that was never there. */
export const accessAbroad: Scenario = {
  number: 15,
  name: 'access_abroad',
  title: 'a sensitive interface called from abroad',
  kinds: ['consumer', 'office', 'partners'],
  days: 2,
  span: 0.8,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const caller =
      world.plan.kind === 'consumer'
        ? random.pick(candidates(setting, () => true).slice(0, 400))
        : middle(setting, (person) => person.role !== 'service');
    const sensitive = world.api.ofOperation('sensitive');
    const one = sensitive.length > 0 ? random.pick(sensitive) : world.api.get('detail0');
    const place = world.networks.townAbroad(random, world.networks.otherCountry(random));
    const address = addressIn(place, random.word());
    const calls = scaled(setting, random.between(15, 60), 3);
    const span = Math.min(random.range(0.1, 0.8) * DAY, setting.end - setting.at - HOUR);
    const visit = script.visit({ at: setting.at, account: caller.name, address, device: random.pick(caller.devices) });
    const space = one.space ?? world.space('users');
    for (let n = 0; n < calls; n++) {
      visit.call(one, { index: world.plan.kind === 'consumer' ? world.userIndex(caller) : random.int(space.count) });
      visit.wait((span / calls) * random.range(0.2, 1.5));
    }
    return script.campaign({ number: 15, name: 'access_abroad', about: [one.key] });
  },
};

/** An internal system is reached from outside: an employee's account from a home address where the office network or its gateway was the only way. */
export const accessFromOutside: Scenario = {
  number: 15,
  name: 'access_from_outside',
  title: 'an internal system reached from outside',
  kinds: ['office'],
  days: 2,
  span: 0.6,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const owner = shadow(middle(setting, (person) => person.role === 'employee'));
    owner.tokenUntil = Number.POSITIVE_INFINITY;
    const address = addressIn(world.networks.town(random), random.word());
    for (let n = scaled(setting, random.between(6, 14), 2); n > 0; n--) {
      const at = atWork(setting, owner, setting.at, Math.min(setting.end - 2 * HOUR, setting.at + DAY));
      world.visit(owner, at, random, script.emit, { address });
    }
    return script.campaign({ number: 15, name: 'access_from_outside', about: [] });
  },
};
