import { DAY, HOUR } from '../../core/watermark.ts';
import { addressIn } from '../networks.ts';
import { atWork, candidates, device, Script, scaled, shadow } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** An account is lent: a second person uses it from a far place, at times at once with the owner, with other habits. */
export const accountSharing: Scenario = {
  number: 10,
  name: 'account_sharing',
  title: 'account shared or lent: two far places, two ways of working',
  kinds: ['consumer', 'office'],
  days: 3,
  span: 2.5,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const all = candidates(setting, (person) => person.role === 'user' || person.role === 'employee');
    const owner = all[Math.floor(all.length * random.range(0.02, 0.25))];
    const second = shadow(owner);
    second.taste = random.shuffle([...owner.taste]);
    second.devices = [world.plan.kind === 'consumer' ? device(setting) : world.market.desktop(random)];
    const place = random.chance(0.5)
      ? world.networks.townAbroad(random, world.networks.otherCountry(random))
      : world.networks.homes[random.int(world.networks.homes.length)];
    const lodging = random.word();
    const days = Math.max(2, Math.floor((setting.end - setting.at) / DAY));
    for (let day = 0; day < Math.min(days, 6); day++) {
      for (let n = scaled(setting, random.between(3, 6)); n > 0; n--) {
        const at = atWork(setting, owner, setting.at + day * DAY, Math.min(setting.end - 2 * HOUR, setting.at + (day + 1) * DAY));
        second.tokenUntil = n > 1 ? Number.POSITIVE_INFINITY : 0;
        world.visit(second, at, random, script.emit, { address: addressIn(place, lodging), device: second.devices[0] });
      }
    }
    return script.campaign({ number: 10, name: 'account_sharing', about: [] });
  },
};
