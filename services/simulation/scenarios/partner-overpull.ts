import { DAY, HOUR } from '../../core/watermark.ts';
import { jobsOf, machineAddress } from '../kinds/partners.ts';
import { middle, Script, scaled } from '../script.ts';
import type { Scenario, Setting, Strand } from '../strand.ts';

function begin(setting: Setting, name: string, days: number, perDay: number): Strand {
  const { random, world } = setting;
  const script = new Script(setting);
  const partner = middle(setting, (person) => person.role === 'partner');
  const jobs = jobsOf(world, partner);
  const used = new Set(jobs.map((job) => job.resource));
  const other = Array.from({ length: world.count('list') }, (_, i) => i).filter((i) => !used.has(i));
  const i = other.length > 0 && random.chance(0.6) ? random.pick(other) : jobs[0].resource;
  const about = new Set<string>([`detail${i}`, `list${i}`]);
  for (let day = setting.at; day < Math.min(setting.end - 2 * HOUR, setting.at + days * DAY); day += DAY) {
    let left = scaled(setting, perDay * random.range(0.8, 1.2), 20);
    while (left > 0) {
      const visit = script.visit({
        at: Math.min(setting.end - HOUR, day + random.range(0, DAY)),
        account: partner.name,
        address: machineAddress(world, partner, random.next()),
        device: partner.devices[0],
        pace: 0.03,
        retries: 3,
      });
      visit.call(world.api.get(`list${i}`), { query: `page=${random.between(1, 300)}&size=${world.api.get(`list${i}`).pageSize}` });
      for (let n = Math.min(left, random.between(20, 80)); n > 0; n--, left--) {
        visit.call(world.api.get(`detail${i}`), { index: random.int(world.space(`records${i}`).count) });
        visit.wait(random.exponential(120));
      }
    }
  }
  return script.campaign({ number: 14, name, about: [...about], sources: false });
}

/** An API key pulls more, and other objects, than its business needs. */
export const partnerOverpull: Scenario = {
  number: 14,
  name: 'partner_overpull',
  title: 'partner over-pull: more and other objects than its business',
  kinds: ['partners'],
  days: 3,
  span: 1.5,
  begin: (setting) => begin(setting, 'partner_overpull', 2, 900),
};

/** A partner's contract has ended, and its key goes on pulling as before. */
export const partnerAfterContract: Scenario = {
  number: 14,
  name: 'partner_after_contract',
  title: 'a partner pulls on after its contract has ended',
  kinds: ['partners'],
  days: 3,
  span: 1.5,
  begin(setting) {
    const { random, world } = setting;
    const partner = middle(setting, (person) => person.role === 'partner');
    // contracts end with a day of UTC, as weir.yaml says it
    const from = Math.floor(setting.at / DAY) * DAY;
    world.contracts.push({ member: partner.name, until: new Date(from).toISOString().slice(0, 10) });
    const share = Math.min(1, setting.intensity);
    return {
      campaign: {
        id: setting.id,
        tenant: world.plan.name,
        scenario: { number: 14, name: 'partner_after_contract' },
        intensity: setting.intensity,
        start: new Date(from).toISOString(),
        end: new Date(setting.end).toISOString(),
        interfaces: [],
        side_interfaces: [],
        targets: [],
        accounts: [partner.name],
        sources: [],
        events: 0,
      },
      touch(event) {
        if (event.account !== partner.name || event.at < from) return true;
        if (!random.chance(share)) return false;
        event.campaign = setting.id;
        return true;
      },
    };
  },
};
