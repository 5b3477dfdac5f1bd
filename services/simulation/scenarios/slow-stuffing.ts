import { lookAround } from '../kinds/look-around.ts';
import { askWhether } from '../kinds/lookup.ts';
import { candidates, crowd, Script, scaled } from '../script.ts';
import type { Scenario } from '../strand.ts';
import { drawWays, lasting } from './crowd-ways.ts';

/**
 * The same from thousands of addresses with one or two tries each, for days and at the hours of users. Ways differ: what
 * is called before, whether names come from a leak or are customers', one password for many names or several for one.
 */
export const slowStuffing: Scenario = {
  number: 2,
  name: 'slow_stuffing',
  title: 'credential stuffing, low and slow: one or two tries an address, for days',
  kinds: ['consumer', 'partners', 'office'],
  days: 3,
  span: 2.5,
  portal: true,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const ways = drawWays(setting);
    const known = candidates(setting, (person) => person.role !== 'service');
    const span = lasting(setting, 2, 4);
    const addresses = scaled(setting, crowd(setting, 0.4, 400, 5000) * random.range(0.8, 1.2), 20);
    const hit = random.range(0.01, 0.04);
    // a leak of elsewhere holds few who are customers here, a sprayed list many
    const customers = random.pick([0.3, 0.3, 0.6, 0.95]);
    const tries = random.pick([1.3, 1.3, 1, 3]);
    const opens = random.chance(0.5) ? random.range(0.2, 0.9) : 0;
    const checks = world.api.find('check') !== undefined && world.lookup.open && random.chance(0.25) ? random.range(0.3, 1) : 0;
    for (let i = 0; i < addresses; i++) {
      const visit = script.visit({
        at: ways.moment(setting.at, setting.at + span),
        address: ways.address(),
        device: ways.device(),
      });
      const open = world.api.find('config') ?? world.api.find('asset-app.js');
      if (open !== undefined && random.chance(opens)) visit.call(open);
      for (let k = random.geometric(tries); k > 0; k--) {
        const person = random.chance(customers) ? random.pick(known) : undefined;
        if (random.chance(checks)) askWhether(visit, person?.phone ?? world.unknownPhone(random), person !== undefined);
        if (person !== undefined && random.chance((hit * 0.9) / customers)) {
          visit.signIn(person.name, person.login, true);
          visit.account = person.name;
          visit.think();
          lookAround(visit, random, person);
        } else visit.signIn('', person?.login ?? world.unknownLogin(random), false);
        visit.think(2);
      }
    }
    return script.campaign({ number: 2, name: 'slow_stuffing', about: ['login'], targets: true });
  },
};
