import { DAY, HOUR } from '../../core/watermark.ts';
import { candidates, crowd, device, middle, Script, scaled, seasonal } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** The catalogue copied by one account with a script: broad, without the side calls of a client, at steady intervals. */
export const scraping: Scenario = {
  number: 5,
  name: 'scraping',
  title: 'scraping: the catalogue copied by one account',
  kinds: ['consumer'],
  days: 1,
  span: 0.6,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const person = middle(setting, () => true);
    const i = random.int(world.count('detail'));
    const objects = scaled(setting, random.between(900, 3000), 40);
    const pause = random.lognormal(2500, 0.7);
    const from = random.int(world.space(`goods${i}`).count);
    const visit = script.visit({
      at: setting.at,
      account: person.name,
      address: world.addressOf(person, setting.at, random.next()),
      device: random.pick(person.devices),
    });
    for (let n = 0; n < objects; n++) {
      if (n % 20 === 0) visit.call(world.api.get(`list${i}`), { query: `page=${Math.floor(n / 20) + 1}` });
      visit.call(world.api.get(`detail${i}`), { index: (from + n) % world.space(`goods${i}`).count });
      visit.wait(pause * random.range(0.85, 1.15));
    }
    return script.campaign({ number: 5, name: 'scraping', about: [`detail${i}`, `list${i}`] });
  },
};

/** The same by many accounts that share a plan: each takes a part at human pace from homes all over. */
export const scrapingCohort: Scenario = {
  number: 5,
  name: 'scraping_cohort',
  title: 'scraping by rotating identities that share a plan',
  kinds: ['consumer'],
  days: 2,
  span: 1.5,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const i = random.int(world.count('detail'));
    const space = world.space(`goods${i}`);
    const full = crowd(setting, 0.03, 25, 150) * random.range(0.8, 1.2);
    const size = scaled(setting, full, 6);
    const own = random.chance(0.5);
    const members = own
      ? Array.from({ length: size }, () => world.strangePerson(random, setting.at - random.range(1, 20) * DAY))
      : random.sample(
          candidates(setting, (person) => person.weight < 1),
          size,
        );
    const share = Math.ceil(Math.min(space.count, 2500) / full);
    const span = Math.min(random.range(1, 2) * DAY, setting.end - setting.at - 2 * HOUR);
    for (const [m, member] of members.entries()) {
      const machine = device(setting);
      let left = Math.max(8, Math.round(share * random.range(0.6, 1.4)));
      let at = m * share;
      while (left > 0) {
        const visit = script.visit({
          at: seasonal(setting, setting.at, setting.at + span),
          account: member.name,
          address: world.networks.residential(random),
          device: machine,
          pace: random.range(0.5, 0.9),
        });
        for (let n = Math.min(left, random.between(8, 25)); n > 0; n--, left--) {
          visit.call(world.api.get(`detail${i}`), { index: at++ % space.count });
          visit.think();
        }
      }
    }
    return script.campaign({ number: 5, name: 'scraping_cohort', about: [`detail${i}`] });
  },
};
