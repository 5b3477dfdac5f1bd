import { DAY, HOUR, MINUTE } from '../../core/watermark.ts';
import { askCode, register } from '../kinds/consumer.ts';
import { lookAround } from '../kinds/look-around.ts';
import { addressIn } from '../networks.ts';
import { candidates, localHour, middle, Script, shadow } from '../script.ts';
import type { HardNegative, Setting, Strand } from '../strand.ts';

/** A note about a change of ordinary behaviour: it adds no events of its own. */
function noteOnly(
  setting: Setting,
  name: string,
  from: number,
  to: number,
  rest: Partial<Strand>,
  entities: Partial<{ interfaces: string[]; accounts: string[]; sources: string[] }> = {},
): Strand {
  return {
    note: {
      id: setting.id,
      tenant: setting.world.plan.name,
      name,
      start: new Date(from).toISOString(),
      end: new Date(to).toISOString(),
      interfaces: [],
      accounts: [],
      sources: [],
      ...entities,
    },
    ...rest,
  };
}

/** A mobile carrier puts thousands of users behind a handful of addresses. */
export const carrierNat: HardNegative = {
  name: 'carrier_nat',
  title: "a mobile carrier's NAT with thousands of users",
  kinds: ['consumer'],
  days: 1,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const carrier = random.int(world.networks.carriers.length);
    for (const person of world.people)
      if (random.chance(0.35)) Object.assign(person, { carrier, mobileShare: 0.9, carrierMember: person.carrierMember % 4 });
    const sources = [0, 1, 2, 3].map((member) => world.networks.carrierAddress(carrier, member));
    return noteOnly(setting, 'carrier_nat', world.plan.start, setting.end, {}, { sources });
  },
};

/** A company's people share one address. */
export const officeNat: HardNegative = {
  name: 'office_nat',
  title: 'an office NAT',
  kinds: ['consumer', 'office'],
  days: 1,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const address = addressIn(world.networks.offices[world.networks.offices.length - 1], 9);
    const members = random
      .sample(
        candidates(setting, (person) => person.role === 'user' || person.role === 'employee'),
        Math.min(120, Math.round(world.plan.accounts * 0.15)),
      )
      .map(shadow);
    for (let day = 0; day < world.plan.days; day++) {
      const midnight = world.calendar.midnight(world.plan.start, day);
      if (!world.calendar.at(midnight + 12 * HOUR).working) continue;
      for (const member of members) {
        if (!random.chance(0.5)) continue;
        world.visit(member, midnight + random.range(8, 18) * HOUR, random, script.emit, { address });
      }
    }
    return script.note('office_nat');
  },
};

/** Ten times as many people come for an hour or two. */
export const flashSale: HardNegative = {
  name: 'flash_sale',
  title: 'a ten-fold flash sale',
  kinds: ['consumer'],
  days: 2,
  span: 0.7,
  begin(setting) {
    const from = localHour(setting, setting.at, setting.random.pick([10, 12, 20]));
    const to = from + setting.random.between(1, 2) * HOUR;
    const factor = setting.random.range(7, 11);
    return noteOnly(setting, 'flash_sale', from, to, {
      rate: (at) => (at >= from && at < to ? factor : at >= to && at < to + HOUR ? 1 + factor * 0.15 : 1),
    });
  },
};

/** A release: everybody's client stops using one interface and uses a new one instead. */
export const release: HardNegative = {
  name: 'release',
  title: 'a release adds an interface and retires another',
  kinds: ['consumer', 'office', 'partners'],
  days: 2,
  span: 0.7,
  begin(setting) {
    const { random, world } = setting;
    const from = localHour(setting, setting.at, random.pick([5, 10, 14]));
    const old = world.api.get(random.pick(world.plan.kind === 'consumer' ? ['home', 'messages', 'list0'] : ['list0']));
    const before = old.before.replace(/\/([^/]+)$/, (_, last: string) => `/${last}${random.pick(['New', 'Page', 'Plus', 'Next'])}`);
    const id = `${old.method} ${old.host}${before}${old.after === undefined ? '' : (old.space?.placeholder ?? '') + old.after}`;
    const days = random.range(0.1, 2);
    return noteOnly(
      setting,
      'release',
      from,
      setting.end,
      {
        touch(event) {
          if (event.kind !== 'request' || event.interface !== old.id || event.at < from) return true;
          // clients update over some hours to days
          if (random.next() < 1 - Math.exp(-(event.at - from) / (days * DAY * 0.5))) {
            event.path = before + event.path.slice(old.before.length);
            event.interface = id;
          }
          return true;
        },
      },
      { interfaces: [old.id, id] },
    );
  },
};

/** A public holiday, and the working weekend day that makes up for it. */
export const holiday: HardNegative = {
  name: 'holiday',
  title: 'a public holiday and the working weekend that makes up for it',
  kinds: ['consumer', 'office', 'partners'],
  days: 6,
  span: 0,
  begin(setting) {
    const { world } = setting;
    const days: string[] = Object.keys(world.plan.calendar);
    const from = days.length > 0 ? Date.parse(`${days[0]}T00:00:00Z`) : world.plan.start;
    return noteOnly(setting, 'holiday', from, setting.end, {});
  },
};

/** After an outage many people have to set a new password. */
export const passwordResetWave: HardNegative = {
  name: 'password_reset_wave',
  title: 'the wave of password resets after an outage',
  kinds: ['consumer'],
  days: 2,
  span: 0.8,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const from = localHour(setting, setting.at, random.between(9, 18));
    const people = random.sample(
      candidates(setting, () => true),
      Math.max(40, Math.round(world.plan.accounts * random.range(0.05, 0.15))),
    );
    for (const person of people) {
      const at = from + random.exponential(2.5 * HOUR);
      const visit = script.visit({ at, account: '', address: world.addressOf(person, at, random.next()), device: person.devices[0] });
      for (let n = random.geometric(1.6); n > 0; n--) {
        visit.signIn('', person.login, false);
        visit.think();
      }
      askCode(visit, person.phone);
      visit.call(world.api.get('reset'), { target: person.phone });
      visit.think(0.5);
      visit.signIn(person.name, person.login, true);
      visit.account = person.name;
      visit.call(world.api.get('home'));
    }
    return script.note('password_reset_wave');
  },
};

/** An offer is announced: for a day or two people come straight to it, some of them new, and some go on to look around. */
export const honestPromotion: HardNegative = {
  name: 'honest_promotion',
  title: 'an honest promotion',
  kinds: ['consumer', 'partners'],
  days: 3,
  span: 1.5,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const from = localHour(setting, setting.at, random.between(8, 18));
    const offer = random.int(world.space('offers').count);
    const known = random.sample(
      candidates(setting, (person) => person.role !== 'service'),
      Math.round(world.plan.accounts * random.range(0.02, 0.08)),
    );
    const newcomers = world.plan.kind === 'consumer' ? Math.round(known.length * random.range(0, 0.25)) : 0;
    const people = [...known, ...Array.from({ length: newcomers }, () => undefined)];
    for (const one of people) {
      const at = Math.min(setting.end - HOUR, from + random.exponential(0.5 * DAY));
      const person = one ?? world.strangePerson(random, at, world.people[0].role);
      const visit = script.visit({
        at,
        account: one === undefined ? '' : person.name,
        address: world.addressOf(person, at, random.next()),
        device: random.pick(person.devices),
      });
      if (one === undefined) register(visit, person);
      if (random.chance(0.5)) visit.call(world.api.get('benefits'));
      visit.think();
      for (let n = random.geometric(1.3); n > 0; n--) visit.call(world.api.get('claim'), { index: offer });
      if (random.chance(0.5)) lookAround(visit, random, person);
    }
    return script.note('honest_promotion');
  },
};

/** The server fails for some minutes and clients try again. */
export const incidentRetries: HardNegative = {
  name: 'incident_retries',
  title: 'retries during a 5xx incident',
  kinds: ['consumer', 'partners', 'office'],
  days: 1,
  span: 0.6,
  begin(setting) {
    const { random, world } = setting;
    const from = localHour(setting, setting.at, random.between(9, 17)) + random.int(30) * MINUTE;
    const to = from + random.range(8, 40) * MINUTE;
    world.addTrouble(from, to, random.range(0.25, 0.6));
    return noteOnly(setting, 'incident_retries', from, to, {});
  },
};

/** Half of the customers live in other time zones. */
export const timeZones: HardNegative = {
  name: 'time_zones',
  title: 'a tenant in several time zones',
  kinds: ['consumer', 'office'],
  days: 1,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const shifts = random.sample([-8, -6, -3, 3, 5, 8], 2);
    for (const person of world.people) {
      if (person.role === 'service' || !random.chance(0.3)) continue;
      person.shift += random.pick(shifts);
      if (person.role === 'user') person.home = world.networks.townAbroad(random, world.networks.otherCountry(random));
    }
    return noteOnly(setting, 'time_zones', world.plan.start, setting.end, {});
  },
};

/** An account's note for a person's oddity. */
export function personNote(setting: Setting, name: string, accounts: string[], from = setting.world.plan.start, to = setting.end): Strand {
  return noteOnly(setting, name, from, to, {}, { accounts });
}

/** The middle of the people, for single oddities. */
export const someone = (setting: Setting): ReturnType<typeof middle> =>
  middle(setting, (person) => person.role === 'user' || person.role === 'employee');
