import { HOUR, MINUTE } from '../../core/watermark.ts';
import { habit, orders } from '../kinds/consumer.ts';
import { candidates, device, Script, scaled, shadow } from '../script.ts';
import type { Scenario, Setting, Strand } from '../strand.ts';

function begin(setting: Setting, quiet: boolean, name: string): Strand {
  const { random, world } = setting;
  const script = new Script(setting);
  const all = candidates(setting, (person) => person.role === 'user' || person.role === 'employee');
  const victim = shadow(all[Math.floor(all.length * random.range(0.05, 0.4))]);
  const address = world.networks.residential(random, random.pick([1, 0.5, 0]));
  const machine = world.plan.kind === 'consumer' ? device(setting) : world.market.desktop(random);
  const about: string[] = [];
  const sessions = quiet ? scaled(setting, random.between(5, 9), 2) : 1;
  for (let s = 0; s < sessions; s++) {
    const at = setting.at + (quiet ? s * random.range(3, 8) * HOUR : 0);
    const visit = script.visit({ at, address, device: machine });
    visit.signIn(victim.name, victim.login, true);
    visit.account = victim.name;
    visit.call(world.api.get('profile'));
    visit.think();
    if (world.plan.kind === 'consumer') {
      if (quiet) {
        for (let k = random.between(2, 4); k > 0; k--) orders(visit, victim);
        visit.call(world.api.get('contact'), { index: world.userIndex(victim) });
        if (random.chance(0.4)) habit(visit, victim);
        about.push('mine0', 'own0', 'mine1', 'own1', 'contact');
      } else {
        visit.call(world.api.get('password'));
        visit.call(world.api.get('update'));
        for (let k = scaled(setting, random.between(20, 45), 5); k > 0; k--) {
          visit.call(random.chance(0.6) ? world.api.get('transfer') : world.api.get('claim'), {
            index: random.int(world.space('offers').count),
          });
          visit.wait(random.lognormal(20_000, 0.6));
        }
        about.push('password', 'update', 'transfer', 'claim');
      }
    } else {
      const i = random.int(world.count('list'));
      for (let k = scaled(setting, quiet ? random.between(15, 30) : random.between(80, 200), 6); k > 0; k--) {
        visit.call(world.api.get(`detail${i}`), { index: random.int(world.space(`records${i}`).count) });
        visit.think(quiet ? 1 : 0.2);
      }
      if (!quiet) visit.call(world.api.get(`export${i}`));
      about.push(`detail${i}`, `export${i}`);
    }
    visit.wait(MINUTE);
  }
  return script.campaign({ number: 9, name, about });
}

/** A new environment takes an account over and acts at once: changes it, moves value out. */
export const accountTakeover: Scenario = {
  number: 9,
  name: 'account_takeover',
  title: 'account takeover with a burst outward',
  kinds: ['consumer', 'office'],
  days: 2,
  span: 0.2,
  begin: (setting) => begin(setting, false, 'account_takeover'),
};

/** A new environment takes an account over and reads quietly beside the owner. */
export const quietTakeover: Scenario = {
  number: 9,
  name: 'quiet_takeover',
  title: 'account takeover with quiet reading',
  kinds: ['consumer', 'office'],
  days: 4,
  span: 2.5,
  begin: (setting) => begin(setting, true, 'quiet_takeover'),
};
