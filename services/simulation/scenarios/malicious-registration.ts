import { DAY, HOUR, MINUTE } from '../../core/watermark.ts';
import { addressIn, drawBlock } from '../networks.ts';
import { crowd, device, Script, scaled } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** Accounts made in batches: shared networks and device types, quick forms, little that follows. */
export const maliciousRegistration: Scenario = {
  number: 6,
  name: 'malicious_registration',
  title: 'malicious registration: accounts made in batches',
  kinds: ['consumer'],
  days: 2,
  span: 1.2,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const size = scaled(setting, crowd(setting, 0.05, 60, 400) * random.range(0.8, 1.2), 8);
    const devices = Array.from({ length: random.between(2, 6) }, () => device(setting));
    const blocks = Array.from({ length: random.between(1, 4) }, () =>
      random.chance(0.3) ? drawBlock(random, world.plan.country, 'hosting', 24) : world.networks.town(random),
    );
    const batches = random.between(2, 8);
    const span = Math.min(random.range(0.3, 1) * DAY, setting.end - setting.at - HOUR);
    const begins = Array.from({ length: batches }, () => setting.at + random.next() * span);
    const pace = random.range(0.2, 0.7);
    for (let n = 0; n < size; n++) {
      const at = begins[n % batches] + Math.floor(n / batches) * random.lognormal(1.5 * MINUTE, 0.4);
      const person = world.strangePerson(random, at);
      const visit = script.visit({ at, address: addressIn(random.pick(blocks), random.int(600)), device: random.pick(devices), pace });
      visit.call(world.api.get('sendCode'), { query: `${world.phoneArgument}=${person.phone}`, target: person.phone });
      visit.wait(random.lognormal(9000, 0.3));
      visit.account = world.nuisances.accountOnLogin ? person.name : '';
      visit.call(world.api.get('register'), { login: person.login, status: world.api.get('register').success });
      visit.account = person.name;
      if (random.chance(0.4)) visit.call(world.api.get('profile'));
    }
    return script.campaign({ number: 6, name: 'malicious_registration', about: ['register', 'sendCode'] });
  },
};
