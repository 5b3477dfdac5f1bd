import { DAY, HOUR, MINUTE } from '../../core/watermark.ts';
import type { Service } from '../kinds/network.ts';
import { connect, estate, serviceId } from '../kinds/network.ts';
import { addressIn, drawBlock } from '../networks.ts';
import { localHour, middle, Script, scaled } from '../script.ts';
import type { Scenario, Setting } from '../strand.ts';

function foreign(setting: Setting, port: number): Service {
  const { random, world } = setting;
  const block = drawBlock(random, world.networks.otherCountry(random), random.chance(0.5) ? 'home' : 'hosting', 24);
  return {
    address: addressIn(block, random.word()),
    port,
    protocol: 'tcp',
    service: 'ssl',
    sent: 2000,
    answered: 5000,
    duration: 2000,
    local: false,
  };
}

const host = (setting: Setting): string => middle(setting, (person) => person.role === 'host').name;

/** A database or server is reached around its bastion, from a host that never goes there. */
export const hostBypass: Scenario = {
  number: 20,
  name: 'host_bypass',
  title: 'a server reached around its bastion',
  kinds: ['network'],
  days: 2,
  span: 0.4,
  begin(setting) {
    const { random, world } = setting;
    const place = estate(world);
    const script = new Script(setting);
    const base = random.pick([...place.databases, ...place.web]);
    const to: Service =
      place.databases.includes(base) && random.chance(0.6)
        ? base
        : { ...base, port: 22, service: 'ssh', sent: 6000, answered: 20_000, duration: 120_000 };
    const from = host(setting);
    for (let n = scaled(setting, random.between(15, 50), 3); n > 0; n--)
      connect(world, script.emit, { at: setting.at + random.range(0, 5 * HOUR), from, to, random });
    return script.campaign({ number: 20, name: 'host_bypass', about: [serviceId(to)], sources: false });
  },
};

/** A data port answers connections from outside. */
export const databaseExposed: Scenario = {
  number: 21,
  name: 'database_exposed',
  title: 'a database reached from outside',
  kinds: ['network'],
  days: 2,
  span: 0.8,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const to = random.pick(estate(world).databases);
    const outsiders = Array.from({ length: scaled(setting, random.between(2, 8), 1) }, () =>
      addressIn(drawBlock(random, world.networks.otherCountry(random), 'home', 20), random.word()),
    );
    for (let n = scaled(setting, random.between(30, 120), 4); n > 0; n--) {
      connect(world, script.emit, {
        at: setting.at + random.range(0, 12 * HOUR),
        from: random.pick(outsiders),
        to,
        random,
        state: random.chance(0.25) ? 'S0' : 'SF',
        answered: random.lognormal(200_000, 1.2),
      });
    }
    return script.campaign({ number: 21, name: 'database_exposed', about: [serviceId(to)] });
  },
};

/** One host suddenly talks to many others. */
export const fanOut: Scenario = {
  number: 21,
  name: 'fan_out',
  title: 'fan-out: one host suddenly talks to many',
  kinds: ['network'],
  days: 2,
  span: 0.4,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const from = host(setting);
    const port = random.pick([445, 22, 3389, 5432, 135]);
    const others = random.sample(world.people, scaled(setting, Math.min(world.people.length * 0.8, random.between(60, 180)), 8));
    const span = random.range(0.1, 4) * HOUR;
    const about: string[] = [];
    for (const other of others) {
      const to: Service = {
        address: other.name,
        port,
        protocol: 'tcp',
        service: '-',
        sent: 300,
        answered: 900,
        duration: 300,
        local: true,
      };
      about.push(serviceId(to));
      for (let n = random.geometric(1.5); n > 0; n--)
        connect(world, script.emit, {
          at: setting.at + random.next() * span,
          from,
          to,
          random,
          state: random.chance(0.6) ? 'S0' : random.chance(0.5) ? 'REJ' : 'SF',
        });
    }
    return script.campaign({ number: 21, name: 'fan_out', about, sources: false });
  },
};

/** A host sends bulk to another country. */
export const crossBorderTransfer: Scenario = {
  number: 22,
  name: 'cross_border_transfer',
  title: 'bulk transfer to another country',
  kinds: ['network'],
  days: 2,
  span: 0.5,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const from = host(setting);
    const to = foreign(setting, 443);
    for (let n = scaled(setting, random.between(8, 30), 2); n > 0; n--) {
      connect(world, script.emit, {
        at: setting.at + random.range(0, 8 * HOUR),
        from,
        to,
        random,
        sent: random.lognormal(60_000_000, 0.8),
        answered: random.lognormal(40_000, 0.5),
        duration: random.lognormal(60_000, 0.6),
        state: 'SF',
      });
    }
    return script.campaign({ number: 22, name: 'cross_border_transfer', about: [], sources: false });
  },
};

/** Small calls out at steady intervals, day and night. */
export const beaconing: Scenario = {
  number: 22,
  name: 'beaconing',
  title: 'beaconing: small regular calls out',
  kinds: ['network'],
  days: 2,
  span: 1.2,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const from = host(setting);
    const to = foreign(setting, random.pick([443, 443, 80, 8443]));
    const period = (random.pick([1, 2, 5, 10]) * MINUTE) / Math.min(2, setting.intensity);
    const jitter = random.range(0.01, 0.15);
    const end = Math.min(setting.end - HOUR, localHour(setting, setting.at + DAY, 3));
    for (let at = setting.at; at < end; at += period) {
      connect(world, script.emit, {
        at: at + period * jitter * random.next(),
        from,
        to,
        random,
        sent: random.lognormal(420, 0.05),
        answered: random.lognormal(300, 0.1),
        duration: random.lognormal(350, 0.2),
        state: 'SF',
      });
    }
    return script.campaign({ number: 22, name: 'beaconing', about: [], sources: false });
  },
};

/** A server that never calls out talks to a host in another country. */
export const serverAbroad: Scenario = {
  number: 15,
  name: 'server_abroad',
  title: 'a server that never calls out talks to another country',
  kinds: ['network'],
  days: 2,
  span: 0.5,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const place = estate(world);
    const from = random.pick([...place.databases, ...place.files, ...place.web]).address;
    const to = foreign(setting, random.pick([443, 22, 8443]));
    for (let n = scaled(setting, random.between(10, 40), 2); n > 0; n--) {
      connect(world, script.emit, { at: setting.at + random.range(0, 9 * HOUR), from, to, random, state: 'SF' });
    }
    return script.campaign({ number: 15, name: 'server_abroad', about: [], sources: false });
  },
};
