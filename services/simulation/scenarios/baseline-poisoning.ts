import { DAY, HOUR } from '../../core/watermark.ts';
import { machineAddress } from '../kinds/partners.ts';
import { atWork, middle, Script } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** Behaviour is raised a few per cent a day, so that "normal" follows. */
export const baselinePoisoning: Scenario = {
  number: 23,
  name: 'baseline_poisoning',
  title: 'baseline poisoning: a few per cent more each day',
  kinds: ['office', 'partners'],
  days: 14,
  span: 10,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const person = middle(setting, (one) => one.role === 'employee' || one.role === 'partner');
    const i = person.seed % world.count('list');
    const space = world.space(`records${i}`);
    const usual = random.between(25, 50);
    const step = random.range(0.05, 0.09) * setting.intensity;
    let day = 0;
    for (let start = setting.at; start < setting.end - 3 * HOUR; start += DAY, day++) {
      if (person.role === 'employee' && !world.calendar.at(start + 12 * HOUR).working) continue;
      let left = Math.round(usual * ((1 + step) ** (day + 1) - 1));
      while (left > 0) {
        const at = atWork(setting, person, start, Math.min(setting.end - 2 * HOUR, start + DAY));
        const address =
          person.role === 'partner' ? machineAddress(world, person, random.next()) : world.addressOf(person, at, random.next());
        const visit = script.visit({
          at,
          account: person.name,
          address,
          device: person.devices[0],
          pace: person.role === 'partner' ? 0.05 : 1,
        });
        for (let n = Math.min(left, random.between(3, 12)); n > 0; n--, left--) {
          visit.call(world.api.get(`detail${i}`), { index: random.int(space.count) });
          visit.think();
        }
      }
    }
    return script.campaign({ number: 23, name: 'baseline_poisoning', about: [`detail${i}`], sources: false });
  },
};
