import { DAY } from '../../core/watermark.ts';
import { drawLookAround } from '../kinds/consumer.ts';
import { candidates, crowd, device, Script, scaled, seasonal } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** The same from thousands of addresses with one or two tries each, for days and at the hours of users. */
export const slowStuffing: Scenario = {
  number: 2,
  name: 'slow_stuffing',
  title: 'credential stuffing, low and slow: one or two tries an address, for days',
  kinds: ['consumer'],
  days: 3,
  span: 2.5,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const known = candidates(setting, (person) => person.role === 'user');
    const span = Math.min(random.range(2, 4) * DAY, setting.end - setting.at);
    const addresses = scaled(setting, crowd(setting, 0.4, 400, 5000) * random.range(0.8, 1.2), 20);
    const foreign = random.range(0, 0.25);
    const hit = random.range(0.01, 0.04);
    for (let i = 0; i < addresses; i++) {
      const visit = script.visit({
        at: seasonal(setting, setting.at, setting.at + span),
        address: world.networks.residential(random, foreign),
        device: device(setting),
      });
      if (random.chance(0.5)) visit.call(world.api.get('config'));
      for (let k = random.chance(0.35) ? 2 : 1; k > 0; k--) {
        const person = random.chance(0.3) ? random.pick(known) : undefined;
        if (person !== undefined && random.chance(hit * 3)) {
          visit.signIn(person.name, person.login, true);
          visit.account = person.name;
          visit.think();
          drawLookAround(visit, random, world);
        } else visit.signIn('', person?.login ?? world.unknownLogin(random), false);
        visit.think(2);
      }
    }
    return script.campaign({ number: 2, name: 'slow_stuffing', about: ['login'], targets: true });
  },
};
