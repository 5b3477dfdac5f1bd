import { DAY } from '../../core/watermark.ts';
import { machineAddress } from '../kinds/partners.ts';
import { candidates, crowd, middle, Script, scaled } from '../script.ts';
import type { Scenario, Setting } from '../strand.ts';
import { drawWays, lasting } from './crowd-ways.ts';

/** What is copied: one kind of object with its list. */
function drawPrey({ random, world }: Setting) {
  const i = random.int(world.count('detail'));
  const detail = world.api.get(`detail${i}`);
  return { detail, list: world.api.get(`list${i}`), count: detail.space?.count ?? 1000 };
}

/** The catalogue or the records copied by one account with a script: broad, without the side calls of a client, at steady intervals. */
export const scraping: Scenario = {
  number: 5,
  name: 'scraping',
  title: 'scraping: the catalogue copied by one account',
  kinds: ['consumer', 'partners', 'office'],
  days: 1,
  span: 0.6,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const person = middle(setting, (one) => one.role !== 'service');
    const { detail, list, count } = drawPrey(setting);
    const objects = scaled(setting, random.between(900, 3000), 40);
    // the less is wanted the more time there is
    const pause = setting.slow ? lasting(setting, 0.3, 0.6) / (objects + 1) : random.lognormal(2500, 0.7);
    const from = random.int(count);
    const visit = script.visit({
      at: setting.at,
      account: person.name,
      address:
        world.plan.kind === 'partners' ? machineAddress(world, person, random.next()) : world.addressOf(person, setting.at, random.next()),
      device: random.pick(person.devices),
    });
    const uneven = random.chance(0.5) ? 0.15 : 0.6;
    for (let n = 0; n < objects; n++) {
      if (n % 20 === 0) visit.call(list, { query: `page=${Math.floor(n / 20) + 1}` });
      visit.call(detail, { index: (from + n) % count });
      visit.wait(pause * random.range(1 - uneven, 1 + uneven));
    }
    return script.campaign({ number: 5, name: 'scraping', about: [detail.key, list.key] });
  },
};

/**
 * The same by many identities that share a plan, each at human pace from homes all over: accounts of their own, captured
 * ones, or, where the catalogue is open, addresses without a login.
 */
export const scrapingCohort: Scenario = {
  number: 5,
  name: 'scraping_cohort',
  title: 'scraping by rotating identities that share a plan',
  kinds: ['consumer', 'partners', 'office'],
  days: 2,
  span: 1.5,
  portal: true,
  begin(setting) {
    const { random } = setting;
    const script = new Script(setting);
    const ways = drawWays(setting);
    const { detail, list, count } = drawPrey(setting);
    const full = crowd(setting, 0.03, 25, 150) * random.range(0.8, 1.2);
    const share = Math.ceil(Math.min(count, 2500) / full);
    // half the attack: half as many identities, or all of them with half as much each
    const fewer = random.chance(0.5);
    const size = Math.max(setting.slow ? 3 : 6, Math.round(full * Math.min(1, fewer ? setting.intensity : Math.sqrt(setting.intensity))));
    const each = Math.max(setting.slow ? 1 : 8, (share * full * setting.intensity) / size);
    const names = drawMembers(setting, size);
    const span = lasting(setting, 1, 2);
    const lists = random.chance(0.5) ? random.range(0, 0.15) : 0;
    const sitting = random.between(3, 25);
    const shuffled = random.chance(0.4);
    for (const [m, name] of names.entries()) {
      const machine = ways.device();
      let left = Math.max(1, Math.round(each * random.range(0.6, 1.4)));
      let at = m * Math.ceil(each);
      while (left > 0) {
        const visit = script.visit({
          at: ways.moment(setting.at, setting.at + span),
          account: name,
          address: ways.address(),
          device: machine,
          pace: random.range(0.5, 0.9),
        });
        for (let n = Math.min(left, Math.max(1, random.poisson(sitting))); n > 0; n--, left--) {
          if (random.chance(lists)) visit.call(list, { query: `page=${random.int(40) + 1}` });
          visit.call(detail, { index: shuffled ? random.int(count) : at++ % count });
          visit.think();
        }
      }
    }
    return script.campaign({ number: 5, name: 'scraping_cohort', about: [detail.key, list.key] });
  },
};

/** Names of the members, '' for those without a login. */
function drawMembers(setting: Setting, size: number): string[] {
  const { random, world } = setting;
  const open = world.guests > 0 && random.chance(0.4);
  if (open) return Array.from({ length: size }, () => '');
  if (random.chance(world.plan.kind === 'consumer' ? 0.5 : 0.3)) {
    const role = world.people[0].role;
    return Array.from({ length: size }, () => world.strangePerson(random, setting.at - random.range(1, 20) * DAY, role).name);
  }
  const quiet = candidates(setting, (person) => person.role !== 'service' && person.weight < 1);
  return random.sample(quiet, size).map((person) => person.name);
}
