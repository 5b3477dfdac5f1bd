import { DAY, HOUR } from '../../core/watermark.ts';
import { device, Script, scaled, seasonal } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** From some moment on a sensitive interface answers requests without an account, and some find it. */
export const unauthenticatedInterface: Scenario = {
  number: 16,
  name: 'unauthenticated_interface',
  title: 'a sensitive interface answers without an account',
  kinds: ['consumer', 'partners', 'office'],
  days: 2,
  span: 1,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const sensitive = world.api.ofOperation('sensitive');
    const one = sensitive.length > 0 ? random.pick(sensitive) : world.api.get('detail0');
    const space = one.space ?? world.space('users');
    const span = Math.min(DAY, setting.end - setting.at - HOUR);
    const sources = Array.from({ length: scaled(setting, random.between(3, 15), 1) }, () => ({
      address: world.networks.residential(random, 0.2),
      device: world.plan.kind === 'partners' ? world.market.library(random) : device(setting),
    }));
    for (let n = scaled(setting, random.between(120, 500), 10); n > 0; n--) {
      const source = random.pick(sources);
      const visit = script.visit({
        at: seasonal(setting, setting.at, setting.at + span),
        address: source.address,
        device: source.device,
        session: '',
      });
      for (let k = random.geometric(2); k > 0; k--) {
        visit.call(one, { index: random.int(space.count), anonymous: true });
        visit.think();
      }
    }
    return script.campaign({ number: 16, name: 'unauthenticated_interface', about: [one.key] });
  },
};
