import { DAY, HOUR } from '../../core/watermark.ts';
import type { SimulatedInterface } from '../interfaces.ts';
import { addressIn } from '../networks.ts';
import { candidates, middle, Script } from '../script.ts';
import type { HardNegative } from '../strand.ts';

const REQUESTS = ['consumer', 'partners', 'office'] as const;

function readable(all: readonly SimulatedInterface[]): SimulatedInterface[] {
  return all.filter((one) => one.operation === 'list' || one.operation === 'export' || one.operation === 'batch');
}

/** A service account takes everything that changed, every night at its hour, since ever. */
export const nightlyBatch: HardNegative = {
  name: 'nightly_batch',
  title: 'a nightly batch of a service account',
  kinds: REQUESTS,
  days: 1,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const service = world.strangePerson(random, world.plan.start - DAY, 'service');
    const machine = world.market.library(random);
    const hour = random.pick([0, 1, 2, 3, 4]);
    const minute = random.int(50) * 60_000;
    const steps = random.sample(readable(world.api.all), random.between(1, 3));
    const calls = random.between(80, 400);
    for (let day = -1; day <= world.plan.days; day++) {
      const visit = script.visit({
        at: world.calendar.midnight(world.plan.start, day) + hour * HOUR + minute + random.int(30_000),
        account: service.name,
        address: world.serverAddress(service.serial),
        device: machine,
        session: '',
        retries: 3,
      });
      for (let n = random.poisson(calls); n > 0; n--) {
        visit.call(random.pick(steps), { query: `updated_since=${world.calendar.dateText(world.plan.start + (day - 1) * DAY)}` });
        visit.wait(random.exponential(300));
      }
    }
    return script.note('nightly_batch');
  },
};

/** A probe asks the same thing every 30 seconds, day and night. */
export const probe: HardNegative = {
  name: 'probe',
  title: 'a probe every 30 seconds',
  kinds: REQUESTS,
  days: 1,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const named = random.chance(0.5) ? world.strangePerson(random, world.plan.start - DAY, 'service').name : '';
    const address = random.chance(0.5) ? world.serverAddress(7) : addressIn(random.pick(world.networks.hosting), 77);
    const one = world.api.find('health') ?? random.pick(world.api.ofOperation('open', 'profile'));
    const machine = world.market.library(random);
    const end = world.plan.start + world.plan.days * DAY;
    for (let at = world.plan.start + 1000; at < end; at += 30_000) {
      script.visit({ at: at + random.int(150), account: named, address, device: machine, session: '', retries: 0 }).call(one);
    }
    return script.note('probe');
  },
};

/** Search crawlers and a network of each from which it really comes. */
const CRAWLERS = [
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', '66.249.64'],
  ['Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)', '157.55.39'],
  ['Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)', '220.181.108'],
  ['Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)', '5.255.253'],
] as const;

/** An honest search crawler that reads the catalogue at a steady, slow rate and says who it is. */
export const crawler: HardNegative = {
  name: 'crawler',
  title: 'an honest search crawler',
  kinds: ['consumer'],
  days: 1,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const [agent, network] = random.pick(CRAWLERS);
    const addresses = Array.from({ length: random.between(3, 12) }, (_, i) => `${network}.${10 + i}`);
    const perDay = Math.round(random.range(0.01, 0.04) * world.plan.eventsPerDay);
    for (let n = perDay * world.plan.days; n > 0; n--) {
      const visit = script.visit({
        at: world.plan.start + random.range(0, world.plan.days * DAY),
        address: random.pick(addresses),
        device: { kind: 'library', agent },
        session: '',
        retries: 0,
      });
      const i = random.int(world.count('detail'));
      visit.call(random.chance(0.15) ? world.api.get(`list${i}`) : world.api.get(`detail${i}`), {
        index: random.int(world.space(`goods${i}`).count),
        status: random.chance(0.04) ? 404 : undefined,
      });
    }
    return script.note('crawler');
  },
};

/** A partner whose own business grows, week after week. */
export const growingPartner: HardNegative = {
  name: 'growing_partner',
  title: 'a partner that grows with its business',
  kinds: ['partners'],
  days: 3,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const partner = middle(setting, (person) => person.role === 'partner');
    const i = partner.seed % world.count('list');
    const perDay = random.between(60, 250);
    const growth = random.range(0.01, 0.025);
    for (let day = 0; day < world.plan.days; day++) {
      for (let n = random.poisson(perDay * (1 + growth) ** day); n > 0; ) {
        const at = world.momentOfDay(random, world.plan.start + day * DAY);
        const visit = script.visit({
          at,
          account: partner.name,
          address: addressIn(world.networks.hosting[partner.seed % world.networks.hosting.length], (partner.seed % 1000) * 4),
          device: partner.devices[0],
          pace: 0.02,
        });
        visit.call(world.api.get(`list${i}`));
        for (let k = random.geometric(5); k > 0 && n > 0; k--, n--) {
          visit.call(world.api.get(`detail${i}`), { index: visit.created(undefined, `records${i}`) });
          visit.wait(random.exponential(200));
        }
      }
    }
    return script.note('growing_partner');
  },
};

/** The end of a month: reports and exports by those who make them. */
export const monthEnd: HardNegative = {
  name: 'month_end',
  title: 'month-end exports',
  kinds: ['office', 'partners'],
  days: 1,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const makers = random.sample(
      candidates(setting, (person) => person.role === 'employee' || person.role === 'partner'),
      random.between(4, 12),
    );
    for (let day = 0; day < world.plan.days; day++) {
      const midnight = world.calendar.midnight(world.plan.start, day);
      const local = world.calendar.at(midnight + 12 * HOUR);
      // the last two days and the first of a month; a plan without one has its month end on its last day
      const due = local.daysLeft < 2 || local.date === 1 || (world.plan.days < 28 && day === world.plan.days - 1);
      if (!due) continue;
      for (const maker of makers) {
        const at = midnight + random.range(8, 19) * HOUR;
        const visit = script.visit({
          at,
          account: maker.name,
          address: world.addressOf(maker, at, random.next()),
          device: maker.devices[0],
          pace: 0.6,
        });
        const i = maker.seed % world.count('list');
        for (let n = random.between(3, 14); n > 0; n--) {
          visit.call(world.api.find(`export${i}`) ?? world.api.get('export0'), {
            query: `month=${world.calendar.dateText(midnight).slice(0, 7)}`,
          });
          visit.think(1.5);
        }
      }
    }
    return script.note('month_end');
  },
};
