import { HOUR } from '../../core/watermark.ts';
import { candidates, Script, scaled } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** A privileged account does what it never does: reads people's records, changes roles and settings, exports. */
export const privilegeMisuse: Scenario = {
  number: 13,
  name: 'privilege_misuse',
  title: 'privileged account misused',
  kinds: ['office'],
  days: 2,
  span: 0.4,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const admins = candidates(setting, (person) => person.role === 'admin');
    const admin = random.pick(admins);
    const i = (admin.seed + 1) % world.count('list');
    const visit = script.visit({
      at: setting.at,
      account: admin.name,
      address: world.addressOf(admin, setting.at, random.next()),
      device: random.pick(admin.devices),
      pace: 0.5,
    });
    for (let n = scaled(setting, random.between(6, 14), 2); n > 0; n--) {
      visit.call(world.api.get('adminUser'), { index: random.int(world.space('users').count) });
      visit.think(0.6);
    }
    visit.call(world.api.get('adminConfig'));
    for (let n = scaled(setting, random.between(60, 160), 8); n > 0; n--) {
      visit.call(random.chance(0.6) ? world.api.get('contact0') : world.api.get(`detail${i}`), {
        index: random.int(world.space('records0').count),
      });
      visit.think();
    }
    for (let n = scaled(setting, random.between(2, 6)); n > 0; n--) {
      visit.call(world.api.get(`export${i}`));
      visit.wait(random.range(20_000, HOUR / 20));
    }
    return script.campaign({
      number: 13,
      name: 'privilege_misuse',
      about: ['adminUser', 'adminConfig', 'contact0', `detail${i}`, `export${i}`],
      sources: false,
    });
  },
};
