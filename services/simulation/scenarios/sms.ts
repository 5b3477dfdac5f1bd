import { HOUR, MINUTE } from '../../core/watermark.ts';
import { phoneNumber } from '../people.ts';
import { candidates, device, Script, scaled } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** A few phones get codes from many clients at once. */
export const smsBombing: Scenario = {
  number: 7,
  name: 'sms_bombing',
  title: 'SMS bombing: one phone, codes from many',
  kinds: ['consumer'],
  days: 1,
  span: 0.2,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const foreign = random.range(0, 0.4);
    const phones = Array.from({ length: random.between(1, 3) }, () =>
      random.chance(0.4) ? random.pick(candidates(setting, () => true)).phone : phoneNumber(world.plan.country, random.word()),
    );
    const sends = scaled(setting, random.between(60, 220), 8);
    const span = random.range(5 * MINUTE, 2 * HOUR);
    for (let i = 0; i < sends; i++) {
      const phone = phones[i % phones.length];
      const visit = script.visit({
        at: setting.at + random.next() * span,
        address: world.networks.residential(random, foreign),
        device: device(setting),
      });
      visit.call(world.api.get('sendCode'), {
        query: `${world.phoneArgument}=${phone}`,
        target: phone,
        status: random.chance(0.15) ? 429 : undefined,
      });
    }
    return script.campaign({ number: 7, name: 'sms_bombing', about: ['sendCode'], targets: true });
  },
};

/** Many neighbouring numbers get codes from a few clients; no sign-up follows. */
export const smsPumping: Scenario = {
  number: 7,
  name: 'sms_pumping',
  title: 'SMS pumping: runs of neighbouring phones from few',
  kinds: ['consumer'],
  days: 1,
  span: 0.5,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const foreign = random.range(0, 0.4);
    const sources = Array.from({ length: scaled(setting, random.between(3, 25), 1) }, () => ({
      address: world.networks.residential(random, foreign),
      device: device(setting),
    }));
    const sends = scaled(setting, random.between(250, 900), 15);
    const runs = Array.from({ length: random.between(1, 4) }, () =>
      phoneNumber(random.chance(0.5) ? world.plan.country : random.pick(['GB', 'IN', 'BR', 'AU']), random.word()).slice(0, -4),
    );
    const span = random.range(1, 10) * HOUR;
    for (let i = 0; i < sends; i++) {
      const phone = random.pick(runs) + String(random.int(10_000)).padStart(4, '0');
      const source = random.pick(sources);
      const visit = script.visit({ at: setting.at + ((i + random.next()) / sends) * span, address: source.address, device: source.device });
      visit.call(world.api.get('sendCode'), { query: `${world.phoneArgument}=${phone}`, target: phone });
    }
    return script.campaign({ number: 7, name: 'sms_pumping', about: ['sendCode'], targets: true });
  },
};
