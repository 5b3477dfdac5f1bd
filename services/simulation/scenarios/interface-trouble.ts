import { DAY, HOUR, MINUTE } from '../../core/watermark.ts';
import type { SimulatedEvent } from '../event.ts';
import type { SimulatedInterface } from '../interfaces.ts';
import { candidates, device, localHour, Script, scaled } from '../script.ts';
import type { Scenario, Setting, Strand } from '../strand.ts';

/** Requests of a working day from which an interface is busy: what hardly anyone calls can fail without anything in the log. */
const LEAST_REQUESTS = 240;

/** A busy interface of the tenant; where none is, the one with most requests. */
function busy(setting: Setting): SimulatedInterface {
  const { random, world } = setting;
  const keys =
    world.plan.kind === 'consumer'
      ? ['home', 'list0', 'detail0', 'config', 'mine0']
      : ['list0', 'detail0', ...(world.plan.kind === 'office' ? ['dashboard', 'search'] : [])];
  const all = keys.map((key) => world.api.get(key));
  const used = all.filter((one) => world.expectedRequests(one.id) >= LEAST_REQUESTS);
  if (used.length > 0) return random.pick(used);
  return all.reduce((most, one) => (world.expectedRequests(one.id) > world.expectedRequests(most.id) ? one : most));
}

/** A campaign that is nothing but a change of ordinary traffic on one interface. */
function changed(
  setting: Setting,
  name: string,
  one: SimulatedInterface,
  from: number,
  to: number,
  touch: (event: SimulatedEvent) => boolean,
): Strand {
  const campaign = {
    id: setting.id,
    tenant: setting.world.plan.name,
    scenario: { number: 19, name },
    intensity: setting.intensity,
    start: new Date(from).toISOString(),
    end: new Date(to).toISOString(),
    interfaces: [one.id],
    side_interfaces: [],
    targets: [],
    accounts: [],
    sources: [],
    events: 0,
  };
  let met = 0;
  return {
    campaign,
    met: () => met,
    touch(event) {
      if (event.at < from || event.at >= to || event.interface !== one.id) return true;
      met++;
      const kept = touch(event);
      if (kept) event.campaign = setting.id;
      return kept;
    },
  };
}

/** When people are there: a trouble at dead of night is none. */
function daytime(setting: Setting): number {
  let at = localHour(setting, setting.at, setting.random.between(10, 15));
  while (setting.world.plan.kind !== 'consumer' && !setting.world.calendar.at(at).working && at + DAY < setting.end - 5 * HOUR) at += DAY;
  while (setting.world.plan.kind !== 'consumer' && !setting.world.calendar.at(at).working && at - DAY > setting.world.plan.start) at -= DAY;
  return Math.min(at, setting.end - 5 * HOUR) + setting.random.int(40) * MINUTE;
}

const KINDS = ['consumer', 'partners', 'office'] as const;

/** Far more requests to one interface from many sources. */
export const interfaceFlood: Scenario = {
  number: 19,
  name: 'interface_flood',
  title: 'an interface is flooded',
  kinds: KINDS,
  days: 2,
  span: 0.8,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const one = busy(setting);
    const minutes = random.between(10, 45);
    const perMinute = scaled(setting, Math.min(900, (world.plan.eventsPerDay / 1440) * random.range(6, 15)), 10);
    const sources = Array.from({ length: random.between(20, 200) }, () => ({
      address: world.networks.residential(random, 0.3),
      device: device(setting),
    }));
    const from = daytime(setting);
    const people = candidates(setting, (other) => other.role !== 'service');
    // half of the floods come over taken or lent accounts
    const owners = random.chance(0.5) ? sources.map(() => random.pick(people).name) : undefined;
    for (let n = minutes * perMinute; n > 0; n--) {
      const which = random.int(sources.length);
      const source = sources[which];
      const visit = script.visit({
        at: from + random.next() * minutes * MINUTE,
        account: owners?.[which],
        address: source.address,
        device: source.device,
        retries: 0,
      });
      visit.call(one, {
        index: one.space === undefined ? 0 : random.int(one.space.count),
        status: random.chance(0.2) ? random.pick([401, 429, 503]) : undefined,
      });
    }
    return script.campaign({ number: 19, name: 'interface_flood', about: [one.key], accounts: owners !== undefined });
  },
};

/** The same request of one account again and again. */
export const interfaceReplay: Scenario = {
  number: 19,
  name: 'interface_replay',
  title: 'the same request is replayed',
  kinds: KINDS,
  days: 1,
  span: 0.3,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const writes = world.api.ofOperation('write', 'create', 'benefit').filter((one) => one.space !== undefined);
    const one = writes.length > 0 ? random.pick(writes) : world.api.get('detail0');
    const person = random.pick(candidates(setting, (other) => other.role !== 'service'));
    const index = random.int(one.space?.count ?? 1);
    const visit = script.visit({
      at: setting.at,
      account: person.name,
      address: world.addressOf(person, setting.at, random.next()),
      device: random.pick(person.devices),
      retries: 0,
    });
    const pause = random.lognormal(1500, 1);
    for (let n = scaled(setting, random.between(200, 700), 20); n > 0; n--) {
      visit.call(one, { index, status: random.chance(0.3) ? 409 : undefined });
      visit.wait(random.exponential(pause));
    }
    return script.campaign({ number: 19, name: 'interface_replay', about: [one.key] });
  },
};

/** An interface fails for many of its callers. */
export const interfaceFailing: Scenario = {
  number: 19,
  name: 'interface_failing',
  title: 'an interface fails',
  kinds: KINDS,
  days: 2,
  span: 1.2,
  begin(setting) {
    const { random } = setting;
    const share = Math.min(0.95, 0.6 * setting.intensity * random.range(0.8, 1.3));
    const from = daytime(setting);
    return changed(setting, 'interface_failing', busy(setting), from, from + random.range(0.5, 3) * HOUR, (event) => {
      if (event.kind === 'request' && random.chance(share)) {
        event.status = random.pick([500, 502, 503]);
        event.bytesOut = Math.round(random.lognormal(150, 0.3));
        event.records = 0;
        if (event.code >= 0) event.code = event.status;
      }
      return true;
    });
  },
};

/** An interface goes silent: its callers no longer get through to the gateway. */
export const interfaceSilent: Scenario = {
  number: 19,
  name: 'interface_silent',
  title: 'an interface goes silent',
  kinds: KINDS,
  days: 3,
  span: 1.2,
  begin(setting) {
    const { random } = setting;
    const share = Math.min(1, 0.4 + 0.6 * setting.intensity);
    const from = daytime(setting);
    return changed(setting, 'interface_silent', busy(setting), from, from + random.range(1, 4) * HOUR, () => !random.chance(share));
  },
};

/** An interface becomes slow. */
export const interfaceSlow: Scenario = {
  number: 19,
  name: 'interface_slow',
  title: 'an interface becomes slow',
  kinds: KINDS,
  days: 2,
  span: 1.2,
  begin(setting) {
    const { random } = setting;
    const factor = 1 + 14 * setting.intensity * random.range(0.7, 1.3);
    const from = daytime(setting);
    return changed(setting, 'interface_slow', busy(setting), from, from + random.range(0.5, 3) * HOUR, (event) => {
      const more = Math.round(event.duration * (factor - 1) * random.lognormal(1, 0.3));
      event.duration += more;
      event.at += more;
      return true;
    });
  },
};

/** Responses of an interface carry far more than they used to. */
export const interfaceLarger: Scenario = {
  number: 19,
  name: 'interface_larger',
  title: 'responses of an interface grow',
  kinds: KINDS,
  days: 2,
  span: 1.2,
  begin(setting) {
    const { random } = setting;
    const factor = 1 + 9 * setting.intensity * random.range(0.7, 1.3);
    const from = daytime(setting);
    return changed(setting, 'interface_larger', busy(setting), from, from + random.range(1, 5) * HOUR, (event) => {
      event.bytesOut = Math.round(event.bytesOut * factor * random.lognormal(1, 0.1));
      if (event.kind === 'request') event.records = Math.round(event.records * factor);
      return true;
    });
  },
};
