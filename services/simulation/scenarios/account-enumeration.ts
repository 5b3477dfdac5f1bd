import { HOUR } from '../../core/watermark.ts';
import { phoneNumber } from '../people.ts';
import { candidates, device, Script, scaled } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** "Is this phone registered?" asked for many values by callers who do nothing else. */
export const accountEnumeration: Scenario = {
  number: 3,
  name: 'account_enumeration',
  title: 'account enumeration: "is this phone registered" for many values',
  kinds: ['consumer'],
  days: 1,
  span: 0.5,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const foreign = random.range(0, 0.3);
    const known = candidates(setting, () => true);
    const sources = Array.from({ length: scaled(setting, random.between(4, 40), 1) }, () => ({
      address: world.networks.residential(random, foreign),
      device: device(setting),
    }));
    const asks = scaled(setting, random.between(700, 2500), 30);
    const span = random.range(1, 10) * HOUR;
    const runs = random.chance(0.5);
    const base = random.word();
    const code = world.nuisances.logsCode && random.chance(0.5);
    for (let i = 0; i < asks; i++) {
      const source = sources[i % sources.length];
      const visit = script.visit({ at: setting.at + ((i + random.next()) / asks) * span, address: source.address, device: source.device });
      let phone = random.chance(0.06) ? random.pick(known).phone : phoneNumber(world.plan.country, random.word());
      if (runs && phone !== '')
        phone = phoneNumber(world.plan.country, base + Math.floor(i / 400)).slice(0, -4) + String(i % 10_000).padStart(4, '0');
      visit.call(world.api.get('check'), {
        query: `${world.phoneArgument}=${phone}`,
        target: phone,
        code: code && random.chance(0.9) ? 404 : 0,
      });
    }
    return script.campaign({ number: 3, name: 'account_enumeration', about: ['check'], targets: true });
  },
};
