import { DAY, HOUR } from '../../core/watermark.ts';
import { crowd, device, Script, scaled, seasonal } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** Young accounts in a crowd take benefits by one plan and do little else. */
export const marketingFraud: Scenario = {
  number: 8,
  name: 'marketing_fraud',
  title: 'marketing fraud: young accounts take benefits in a crowd',
  kinds: ['consumer'],
  days: 2,
  span: 0.6,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const size = scaled(setting, crowd(setting, 0.04, 50, 350) * random.range(0.8, 1.2), 8);
    const towns = Array.from({ length: random.between(2, 8) }, () => world.networks.residential(random));
    const offer = random.int(world.space('offers').count);
    const span = random.range(1, 10) * HOUR;
    const kinds = Array.from({ length: random.between(3, 12) }, () => device(setting));
    for (let n = 0; n < size; n++) {
      const member = world.strangePerson(random, setting.at - random.range(0.2, 6) * DAY);
      const visit = script.visit({
        at: seasonal(setting, setting.at, setting.at + span),
        address: random.chance(0.5) ? random.pick(towns) : world.networks.residential(random),
        device: random.pick(kinds),
        pace: 0.5,
      });
      visit.signIn(member.name, member.login, true);
      visit.account = member.name;
      if (random.chance(0.7)) visit.call(world.api.get('benefits'));
      visit.think(0.5);
      for (let k = random.geometric(1.6); k > 0; k--) {
        visit.call(world.api.get('claim'), { index: offer, status: random.chance(0.1) ? 400 : undefined });
        visit.think(0.4);
      }
    }
    return script.campaign({ number: 8, name: 'marketing_fraud', about: ['claim', 'benefits'] });
  },
};
