import { DAY, HOUR } from '../../core/watermark.ts';
import { work } from '../kinds/office.ts';
import { candidates, middle, Script, shadow } from '../script.ts';
import type { HardNegative } from '../strand.ts';
import { personNote, someone } from './crowds.ts';

/** A call-centre agent who reads other people's records all day: that is the job. */
export const callCentre: HardNegative = {
  name: 'call_centre',
  title: 'call-centre agents who read all day',
  kinds: ['office'],
  days: 1,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const agents = Array.from({ length: random.between(2, 6) }, () => {
      const agent = world.strangePerson(random, world.plan.start - DAY, 'agent');
      agent.devices = [world.market.desktop(random)];
      agent.office = 3;
      return agent;
    });
    const i = random.int(world.count('list'));
    const contact = world.api.find(`contact${i}`);
    for (let day = 0; day < world.plan.days; day++) {
      const midnight = world.calendar.midnight(world.plan.start, day);
      if (!world.calendar.at(midnight + 12 * HOUR).working) continue;
      for (const agent of agents) {
        if (random.chance(0.06)) continue;
        const begin = midnight + random.range(7.5, 9.5) * HOUR;
        const visit = script.visit({
          at: begin,
          account: agent.name,
          address: world.addressOf(agent, begin, random.next()),
          device: agent.devices[0],
        });
        visit.signIn(agent.name, agent.login, true);
        visit.account = agent.name;
        while (visit.t < begin + 8.2 * HOUR) {
          const index = random.int(world.space(`records${i}`).count);
          if (random.chance(0.6)) visit.call(world.api.get('search'), { query: 'q=name' });
          visit.call(world.api.get(`detail${i}`), { index });
          if (contact !== undefined && random.chance(0.4)) visit.call(contact, { index });
          if (random.chance(0.3)) visit.call(world.api.get(`update${i}`), { index });
          visit.wait(random.lognormal(210_000, 0.7));
          if (random.chance(0.01)) visit.wait(random.range(0.3, 0.9) * HOUR);
        }
      }
    }
    return script.note('call_centre');
  },
};

/** Somebody travels and works from there. */
export const traveller: HardNegative = {
  name: 'traveller',
  title: 'a user who travels',
  kinds: ['consumer'],
  days: 3,
  span: 1,
  begin(setting) {
    const { random, world } = setting;
    const people = random.sample(candidates(setting, () => true).slice(0, 200), random.between(2, 5));
    for (const person of people) {
      const from = world.plan.start + random.range(0.3, 0.8) * world.plan.days * DAY;
      person.trips.push({
        from,
        to: from + random.range(1, 6) * DAY,
        block: world.networks.townAbroad(random, world.networks.otherCountry(random)),
      });
      person.vpn = 0;
    }
    return personNote(
      setting,
      'traveller',
      people.map((person) => person.name),
    );
  },
};

/** Somebody's VPN hops between exits in other countries. */
export const vpnHopper: HardNegative = {
  name: 'vpn_hopper',
  title: 'a user whose VPN hops',
  kinds: ['consumer'],
  days: 1,
  span: 0,
  begin(setting) {
    const { random } = setting;
    const people = random.sample(candidates(setting, () => true).slice(0, 200), random.between(2, 6));
    for (const person of people) person.vpn = random.range(0.6, 0.95);
    return personNote(
      setting,
      'vpn_hopper',
      people.map((person) => person.name),
    );
  },
};

/** A family uses one device and one line with several accounts. */
export const familyDevice: HardNegative = {
  name: 'family_device',
  title: 'a family on one device',
  kinds: ['consumer'],
  days: 1,
  span: 0,
  begin(setting) {
    const { random } = setting;
    const names: string[] = [];
    for (let f = random.between(3, 8); f > 0; f--) {
      const first = someone(setting);
      const members = random.sample(
        candidates(setting, (person) => person !== first),
        random.between(1, 4),
      );
      for (const member of members) {
        member.devices = first.devices;
        member.home = first.home;
        member.household = first.household;
        member.renewal = first.renewal;
        names.push(member.name);
      }
      names.push(first.name);
    }
    return personNote(setting, 'family_device', names);
  },
};

/** A new employee's first busy week: everything is new, and much is read. */
export const newcomer: HardNegative = {
  name: 'newcomer',
  title: "a new employee's first busy week",
  kinds: ['office'],
  days: 2,
  span: 1,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const first = Math.floor(random.range(0.3, 0.7) * world.plan.days);
    const person = world.strangePerson(random, world.plan.start + first * DAY, 'employee');
    person.devices = [world.market.desktop(random)];
    person.office = 2;
    person.portfolio = 300;
    const copy = shadow(person);
    for (let day = first; day < Math.min(world.plan.days, first + 7); day++) {
      const midnight = world.calendar.midnight(world.plan.start, day);
      if (!world.calendar.at(midnight + 12 * HOUR).working) continue;
      for (let n = random.between(5, 12); n > 0; n--) {
        const at = midnight + random.range(8.5, 17) * HOUR;
        const visit = script.visit({
          at,
          account: person.name,
          address: world.addressOf(person, at, random.next()),
          device: person.devices[0],
        });
        for (let k = random.geometric(5); k > 0; k--) work(visit, copy);
      }
    }
    return script.note('newcomer');
  },
};

/** Somebody got a new phone. */
export const newPhone: HardNegative = {
  name: 'new_phone',
  title: 'a user with a new phone',
  kinds: ['consumer'],
  days: 2,
  span: 1,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const person = middle(setting, () => true);
    const copy = shadow(person);
    copy.devices = [world.market.draw(random)];
    for (let n = random.between(3, 6) * 2; n > 0; n--) {
      const at = Math.min(setting.end - HOUR, setting.at + random.range(0, 2 * DAY));
      world.visit(copy, at, random, script.emit, { device: copy.devices[0] });
    }
    return script.note('new_phone');
  },
};
