import { DAY, HOUR } from '../../core/watermark.ts';
import { machineAddress } from '../kinds/partners.ts';
import { atWork, middle, Script, scaled } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** An insider or a partner takes some records more each day than the job needs, within permission and hours. */
export const antMoving: Scenario = {
  number: 11,
  name: 'ant_moving',
  title: 'ant-moving: an insider takes a little more each day',
  kinds: ['office', 'partners'],
  days: 6,
  span: 4,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const insider = middle(setting, (person) => person.role === 'employee' || person.role === 'partner');
    const i = insider.seed % world.count('list');
    const space = world.space(`records${i}`);
    const contact = world.api.find(`contact${i}`);
    const extra = scaled(setting, random.between(35, 60), 4);
    let next = random.int(space.count);
    for (let day = setting.at; day < setting.end - 3 * HOUR; day += DAY) {
      if (!world.calendar.at(day + 10 * HOUR).working && insider.role === 'employee') continue;
      let left = Math.round(extra * random.range(0.8, 1.2));
      while (left > 0) {
        const at = atWork(setting, insider, day, Math.min(setting.end - 2 * HOUR, day + DAY));
        const address =
          insider.role === 'partner' ? machineAddress(world, insider, random.next()) : world.addressOf(insider, at, random.next());
        const visit = script.visit({
          at,
          account: insider.name,
          address,
          device: insider.devices[0],
          pace: insider.role === 'partner' ? 0.05 : 1,
        });
        for (let n = Math.min(left, random.between(3, 9)); n > 0; n--, left--) {
          next += random.between(1, 40);
          visit.call(contact !== undefined && random.chance(0.4) ? contact : world.api.get(`detail${i}`), { index: next % space.count });
          visit.think(1.3);
        }
      }
    }
    return script.campaign({ number: 11, name: 'ant_moving', about: [`detail${i}`, `contact${i}`], sources: false });
  },
};
