import { DAY } from '../../core/watermark.ts';
import { lookAround } from '../kinds/look-around.ts';
import { crowd, device, Script, scaled } from '../script.ts';
import type { Scenario } from '../strand.ts';
import { drawWays, lasting } from './crowd-ways.ts';

/** Young accounts in a crowd take benefits by one plan and do little else; some crowds look around a bit. */
export const marketingFraud: Scenario = {
  number: 8,
  name: 'marketing_fraud',
  title: 'marketing fraud: young accounts take benefits in a crowd',
  kinds: ['consumer', 'partners'],
  days: 2,
  span: 1,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const ways = drawWays(setting);
    const size = scaled(setting, crowd(setting, 0.04, 50, 350) * random.range(0.8, 1.2), 8);
    const towns = Array.from({ length: random.between(2, 8) }, () => world.networks.residential(random));
    const offers = Array.from({ length: random.pick([1, 1, 2, 4]) }, () => random.int(world.space('offers').count));
    const span = setting.slow ? lasting(setting, 0.5, 2) : lasting(setting, 0.04, 0.5);
    const kinds = Array.from({ length: random.between(3, 12) }, () => device(setting));
    const shared = random.pick([0, 0.5, 0.5, 0.9]);
    const oldest = random.pick([2, 6, 20]);
    const curious = random.chance(0.4) ? random.range(0.2, 0.8) : 0;
    for (let n = 0; n < size; n++) {
      const member = world.strangePerson(random, setting.at - random.range(0.2, oldest) * DAY, world.people[0].role);
      const visit = script.visit({
        at: ways.moment(setting.at, setting.at + span),
        address: random.chance(shared) ? random.pick(towns) : ways.address(),
        device: random.pick(kinds),
        pace: 0.5,
      });
      visit.signIn(member.name, member.login, true);
      visit.account = member.name;
      if (random.chance(curious)) lookAround(visit, random, member);
      if (random.chance(0.7)) visit.call(world.api.get('benefits'));
      visit.think(0.5);
      for (let k = random.geometric(1.6); k > 0; k--) {
        visit.call(world.api.get('claim'), { index: random.pick(offers), status: random.chance(0.1) ? 400 : undefined });
        visit.think(0.4);
      }
    }
    return script.campaign({ number: 8, name: 'marketing_fraud', about: ['claim', 'benefits'] });
  },
};
