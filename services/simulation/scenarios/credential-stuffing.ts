import { HOUR } from '../../core/watermark.ts';
import { lookAround } from '../kinds/look-around.ts';
import { candidates, crowd, device, Script, scaled } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** Pairs of user and password from elsewhere are tried over a few hours from rented home addresses; the few that fit are looked at. */
export const credentialStuffing: Scenario = {
  number: 1,
  name: 'credential_stuffing',
  title: 'credential stuffing: leaked pairs tried within hours',
  kinds: ['consumer', 'partners', 'office'],
  days: 1,
  span: 0.3,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const known = candidates(setting, (person) => person.role !== 'service');
    const sources = Array.from({ length: scaled(setting, random.between(60, 180), 5) }, () => ({
      address: world.networks.residential(random, random.range(0, 0.3)),
      device: device(setting),
    }));
    const tries = scaled(setting, crowd(setting, 0.5, 600, 4000) * random.range(0.7, 1.3), 20);
    const span = random.range(2, 6) * HOUR;
    const hit = random.range(0.008, 0.025);
    for (let i = 0; i < tries; i++) {
      const source = random.pick(sources);
      const visit = script.visit({ at: setting.at + random.next() * span, address: source.address, device: source.device, pace: 0.5 });
      const exists = random.chance(0.25);
      const person = exists ? random.pick(known) : undefined;
      const name = person?.login ?? world.unknownLogin(random);
      if (person !== undefined && random.chance(hit * 4)) {
        visit.signIn(person.name, name, true);
        visit.account = person.name;
        if (random.chance(0.7)) lookAround(visit, random, person);
        else visit.call(world.api.get('profile'));
      } else visit.signIn('', name, false);
    }
    return script.campaign({ number: 1, name: 'credential_stuffing', about: ['login'], targets: true });
  },
};
