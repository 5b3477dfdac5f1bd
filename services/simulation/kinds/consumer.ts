import { DAY } from '../../core/watermark.ts';
import { ObjectSpace } from '../interfaces.ts';
import type { Person } from '../people.ts';
import type { Visit } from '../visit.ts';
import type { Kind } from './kind.ts';
import { askWhether } from './lookup.ts';
import { drawNaming, tailNames } from './naming.ts';

const GOODS = [
  'products',
  'items',
  'goods',
  'articles',
  'videos',
  'listings',
  'shops',
  'recipes',
  'courses',
  'hotels',
  'tracks',
  'events',
  'games',
  'dishes',
];
const OWNED = ['orders', 'bookings', 'tickets', 'invoices', 'trips', 'parcels', 'subscriptions', 'payments'];
const BENEFITS = ['coupons', 'vouchers', 'gifts', 'promotions', 'deals', 'rewards'];
const SIDES = ['reviews', 'recommendations', 'stock', 'price', 'similar', 'questions'];

/** A consumer app: thousands of people who open it, browse lists, look at details, order, log in, register, take coupons. */
export const consumer: Kind = {
  name: 'consumer',
  token: 24 * 9,
  journeysPerVisit: 2.6,
  build(world, random) {
    const naming = drawNaming(random);
    const { api } = world;
    const host = random.chance(0.7)
      ? `api.${world.nuisances.domain}`
      : random.chance(0.5)
        ? `m.${world.nuisances.domain}`
        : world.nuisances.domain;
    const auth = random.chance(0.25) ? `passport.${world.nuisances.domain}` : host;
    const path = (...words: string[]): string => `${naming.prefix}/${words.join('/')}`;
    const styles = world.nuisances.idStyles;
    const people = world.plan.accounts;
    const goods = random.sample(GOODS, random.between(1, 3));
    const owned = random.sample(OWNED, random.between(1, 2));
    goods.forEach((name, i) => {
      const space = new ObjectSpace(random, `goods${i}`, styles[i], random.lognormal(2500, 0.8), random.lognormal(8, 1), world.plan.start);
      world.spaces.set(space.name, space);
      api.add(host, {
        key: `list${i}`,
        operation: 'list',
        method: naming.rest || random.chance(0.7) ? 'GET' : 'POST',
        path: naming.rest ? path(name) : path(naming.join(['get', name, 'list'])),
        space,
      });
      if (naming.rest) api.add(host, { key: `detail${i}`, operation: 'read', method: 'GET', path: path(name, '{}'), space });
      else
        api.add(host, {
          key: `detail${i}`,
          operation: 'read',
          method: 'GET',
          path: path(naming.join(['get', name, 'detail'])),
          space,
          argument: `${name.replace(/e?s$/, '')}Id`,
        });
      for (const side of random.sample(SIDES, random.between(0, 3))) {
        api.add(host, {
          key: `side${i}-${side}`,
          operation: 'side',
          method: 'GET',
          path: naming.rest ? path(name, '{}', side) : path(naming.join([name, side])),
          space,
          argument: naming.rest ? '' : 'id',
        });
      }
    });
    owned.forEach((name, i) => {
      const space = new ObjectSpace(
        random,
        `owned${i}`,
        styles[3 + i],
        people * random.lognormal(12, 0.5),
        Math.max(5, people * 0.05),
        world.plan.start,
      );
      world.spaces.set(space.name, space);
      api.add(host, {
        key: `mine${i}`,
        operation: 'list',
        method: 'GET',
        path: naming.rest ? path(name) : path(naming.join(['my', name])),
        space,
      });
      if (naming.rest || random.chance(0.5))
        api.add(host, { key: `own${i}`, operation: 'read', method: 'GET', path: path(name, '{}'), space });
      else
        api.add(host, {
          key: `own${i}`,
          operation: 'read',
          method: 'GET',
          path: path(naming.join([name, 'detail'])),
          space,
          argument: 'id',
        });
      api.add(host, {
        key: `create${i}`,
        operation: 'create',
        method: 'POST',
        path: naming.rest ? path(name) : path(naming.join(['create', name])),
        space,
      });
      api.add(host, {
        key: `pay${i}`,
        operation: 'write',
        method: 'POST',
        path: path(name, '{}', random.pick(['pay', 'confirm', 'checkout'])),
        space,
      });
    });
    const benefits = random.pick(BENEFITS);
    const offers = new ObjectSpace(random, 'offers', random.pick(['sequential', 'random']), random.between(15, 60), 0.5, world.plan.start);
    world.spaces.set('offers', offers);
    const users = new ObjectSpace(random, 'users', styles[6], people, people * world.nuisances.joinRate, world.plan.start);
    world.spaces.set('users', users);
    api.add(host, {
      key: 'config',
      operation: 'open',
      method: 'GET',
      path: path(random.pick(['config', 'app/config', 'init', 'bootstrap', 'settings'])),
    });
    api.add(host, {
      key: 'home',
      operation: 'open',
      method: 'GET',
      path: path(random.pick(['home', 'feed', 'index', 'home/page', 'discover'])),
    });
    api.add(host, { key: 'messages', operation: 'list', method: 'GET', path: path(random.pick(['messages', 'notifications', 'inbox'])) });
    api.add(host, { key: 'search', operation: 'search', method: 'GET', path: path(random.pick(['search', 'query', 'find'])) });
    if (random.chance(0.6))
      api.add(host, {
        key: 'suggest',
        operation: 'side',
        method: 'GET',
        path: path('search', random.pick(['suggest', 'hot', 'complete'])),
      });
    api.add(host, { key: 'cart', operation: 'profile', method: 'GET', path: path(random.pick(['cart', 'basket', 'bag'])) });
    api.add(host, {
      key: 'cartAdd',
      operation: 'write',
      method: 'POST',
      path: path(random.pick(['cart/items', 'basket/add', 'cart/add'])),
    });
    api.add(host, {
      key: 'profile',
      operation: 'profile',
      method: 'GET',
      path: path(random.pick(['me', 'user/profile', 'account', 'member/info'])),
    });
    api.add(host, {
      key: 'contact',
      operation: 'sensitive',
      method: 'GET',
      path: path('users', '{}', random.pick(['contact', 'address', 'identity', 'cards'])),
      space: users,
    });
    api.add(host, {
      key: 'update',
      operation: 'write',
      method: random.pick(['PUT', 'POST', 'PATCH']),
      path: path(random.pick(['me/settings', 'user/update', 'account/edit'])),
    });
    api.add(host, {
      key: 'password',
      operation: 'write',
      method: 'POST',
      path: path(random.pick(['me/password', 'user/password', 'account/security'])),
    });
    api.add(host, {
      key: 'transfer',
      operation: 'write',
      method: 'POST',
      path: path(random.pick(['wallet/withdraw', 'points/transfer', 'balance/payout', 'giftcards/send'])),
    });
    api.add(host, { key: 'benefits', operation: 'list', method: 'GET', path: path(benefits) });
    api.add(host, {
      key: 'claim',
      operation: 'benefit',
      method: 'POST',
      path: path(benefits, '{}', random.pick(['claim', 'receive', 'redeem', 'join'])),
      space: offers,
    });
    api.add(auth, {
      key: 'login',
      operation: 'login',
      method: 'POST',
      path: path(random.pick(['auth/login', 'user/login', 'login', 'account/signin', 'passport/login', 'member/login'])),
    });
    api.add(auth, {
      key: 'register',
      operation: 'register',
      method: 'POST',
      path: path(random.pick(['auth/register', 'user/register', 'register', 'account/signup', 'passport/register', 'member/signup'])),
    });
    api.add(auth, {
      key: 'sendCode',
      operation: 'send_code',
      method: random.chance(0.8) ? 'POST' : 'GET',
      path: path(random.pick(['sms/send', 'auth/send-code', 'verify/sms', 'user/sendCode', 'passport/sms', 'otp/send'])),
    });
    api.add(auth, {
      key: 'check',
      operation: 'check',
      method: 'GET',
      path: path(random.pick(['user/exists', 'auth/check-phone', 'account/lookup', 'passport/check', 'member/find'])),
    });
    api.add(auth, {
      key: 'reset',
      operation: 'reset',
      method: 'POST',
      path: path(random.pick(['auth/reset-password', 'user/password/reset', 'account/recover'])),
    });
    world.habitCount = random.between(15, 140);
    tailNames(random, world.habitCount).forEach(([area, aspect], i) => {
      api.add(host, {
        key: `tail${i}`,
        operation: 'tail',
        method: random.chance(0.85) ? 'GET' : 'POST',
        path: path(area, naming.join(random.chance(0.3) ? ['get', aspect] : [aspect])),
      });
    });
    if (world.nuisances.assets) {
      for (const file of random.sample(
        ['app.js', 'main.css', 'vendor.js', 'logo.png', 'icons.woff2', 'hero.jpg', 'theme.css'],
        random.between(3, 6),
      )) {
        api.add(host, { key: `asset-${file}`, operation: 'asset', method: 'GET', path: `/static/${file}` });
      }
    }
  },
  settle(world, random) {
    for (let i = 0; i < world.plan.accounts; i++) world.addPerson(random, 'user', Number.NEGATIVE_INFINITY);
    for (let day = 0; day < world.plan.days; day++) {
      const joins = random.poisson(world.plan.accounts * world.nuisances.joinRate);
      for (let i = 0; i < joins; i++) world.addPerson(random, 'user', world.momentOfDay(random, world.plan.start + day * DAY));
    }
  },
  open(visit, person) {
    const { api } = visit.world;
    if (visit.device.kind === 'desktop' || visit.device.kind === 'phone') sides(visit);
    if (visit.random.chance(0.8)) visit.call(api.get('config'));
    visit.wait(visit.random.int(400));
    visit.call(api.get('home'));
    if (visit.random.chance(0.4)) visit.call(api.get('messages'));
    if (visit.random.chance(0.25)) visit.call(api.get('profile'));
    for (const habit of person.habits) if (visit.random.chance(0.18)) visit.call(api.get(`tail${habit}`));
    visit.think(0.7);
  },
  guest(visit, person) {
    const { api } = visit.world;
    if (visit.random.chance(0.8)) visit.call(api.get('config'));
    if (visit.random.chance(0.7)) visit.call(api.get('home'));
    for (let n = visit.random.geometric(1.5); n > 0; n--) (visit.random.chance(0.8) ? browse : search)(visit, person);
  },
  welcome(visit, person) {
    register(visit, person);
    for (let i = visit.random.geometric(2); i > 0; i--) browse(visit, person);
    if (visit.random.chance(0.3)) claim(visit);
  },
  journeys: [
    { name: 'browse', weight: 40, run: browse },
    { name: 'search', weight: 14, run: search },
    { name: 'orders', weight: 16, run: orders },
    { name: 'buy', weight: 7, run: buy },
    { name: 'profile', weight: 6, run: profile },
    { name: 'benefits', weight: 6, run: benefits },
    { name: 'habit', weight: 8, run: habit },
    { name: 'forgotten', weight: 0.15, run: forgotten },
  ],
};

function sides(visit: Visit): void {
  for (const asset of visit.world.api.ofOperation('asset')) if (visit.random.chance(0.5)) visit.call(asset);
}

/** Number of the goods space this person looks at now: most have a favourite. */
function goods(visit: Visit, person: Person): number {
  const count = visit.world.count('list');
  return visit.random.chance(0.7) ? person.seed % count : visit.random.int(count);
}

/** One look at an object of the catalogue with the side calls a client makes. */
export function look(visit: Visit, person: Person | undefined, i: number, index: number): void {
  const { world } = visit;
  visit.call(world.api.get(`detail${i}`), { index });
  for (const side of world.sides(i)) if (visit.random.chance(0.75)) visit.call(side, { index });
}

export function browse(visit: Visit, person: Person): void {
  const { random, world } = visit;
  const i = goods(visit, person);
  const pages = random.geometric(1.6);
  for (let page = 1; page <= pages; page++) {
    visit.call(world.api.get(`list${i}`), { query: page > 1 || random.chance(0.5) ? `page=${page}` : '' });
    visit.think();
    for (let n = random.poisson(1.3); n > 0; n--) {
      look(visit, person, i, visit.catalogueObject(person, `goods${i}`));
      visit.think(1.6);
    }
  }
}

const WORDS = [
  'red',
  'blue',
  'new',
  'cheap',
  'best',
  'mini',
  'pro',
  'family',
  'summer',
  'winter',
  'gift',
  'kids',
  'travel',
  'home',
  'sport',
];

function search(visit: Visit, person: Person): void {
  const { random, world } = visit;
  const i = goods(visit, person);
  const word = random.pick(WORDS);
  const suggest = world.api.find('suggest');
  if (suggest !== undefined)
    for (let n = random.int(4); n > 0; n--) visit.call(suggest, { query: `q=${word.slice(0, 1 + random.int(4))}` });
  visit.call(world.api.get('search'), { query: `q=${word}` });
  visit.think();
  for (let n = random.poisson(1.2); n > 0; n--) {
    look(visit, person, i, visit.catalogueObject(person, `goods${i}`));
    visit.think(1.4);
  }
}

function ownSpace(visit: Visit): number {
  return visit.random.int(visit.world.count('mine'));
}

export function orders(visit: Visit, person: Person): void {
  const i = ownSpace(visit);
  visit.call(visit.world.api.get(`mine${i}`));
  visit.think(0.8);
  for (let n = visit.random.poisson(1.1); n > 0; n--) {
    visit.call(visit.world.api.get(`own${i}`), { index: visit.ownObject(person, `owned${i}`) });
    visit.think();
  }
}

function buy(visit: Visit, person: Person): void {
  const { random, world } = visit;
  for (let n = random.geometric(1.4); n > 0; n--) {
    visit.call(world.api.get('cartAdd'));
    visit.think(0.8);
  }
  visit.call(world.api.get('cart'));
  visit.think(1.5);
  if (random.chance(0.35)) return;
  const i = ownSpace(visit);
  if (visit.call(world.api.get(`create${i}`)) >= 400) return;
  const index = visit.created(person, `owned${i}`);
  visit.think(1);
  visit.call(world.api.get(`pay${i}`), { index });
  visit.call(world.api.get(`own${i}`), { index });
}

function profile(visit: Visit, person: Person): void {
  const { random, world } = visit;
  visit.call(world.api.get('profile'));
  visit.think();
  if (random.chance(0.35)) visit.call(world.api.get('contact'), { index: world.userIndex(person) });
  if (random.chance(0.2)) visit.call(world.api.get('update'));
  if (random.chance(0.01)) visit.call(world.api.get('password'));
  if (random.chance(0.03)) visit.call(world.api.get('transfer'));
}

export function claim(visit: Visit): void {
  const { random, world } = visit;
  visit.call(world.api.get('benefits'));
  visit.think();
  for (let n = random.poisson(0.7); n > 0; n--)
    visit.call(world.api.get('claim'), { index: random.zipf(world.space('offers').count, 0.7) });
}

function benefits(visit: Visit): void {
  claim(visit);
}

export function habit(visit: Visit, person: Person): void {
  const { random, world } = visit;
  for (let n = random.geometric(1.5); n > 0; n--) {
    visit.call(world.api.get(`tail${random.chance(0.85) ? random.pick(person.habits) : random.zipf(world.habitCount, 0.8)}`));
    visit.think(0.6);
  }
}

/** Asks for a code, as the ways of registering and resetting begin. */
export function askCode(visit: Visit, phone: string): void {
  const { world, random } = visit;
  const query = `${world.phoneArgument}=${phone}`;
  for (;;) {
    visit.call(world.api.get('sendCode'), { query, target: phone });
    visit.wait(random.lognormal(14_000, 0.5));
    if (!random.chance(0.12)) return;
  }
}

export function register(visit: Visit, person: Person): void {
  const { world, random } = visit;
  visit.account = '';
  visit.call(world.api.get('config'));
  if (random.chance(0.4)) browse(visit, person);
  // now and then someone has forgotten that there is an account already
  if (random.chance(0.8)) askWhether(visit, person.phone, random.chance(0.08));
  visit.think();
  askCode(visit, person.phone);
  visit.think(0.6);
  visit.account = world.nuisances.accountOnLogin ? person.name : '';
  visit.call(world.api.get('register'), { login: person.login, status: world.api.get('register').success });
  visit.account = person.name;
  visit.think(0.4);
  visit.call(world.api.get('home'));
}

function forgotten(visit: Visit, person: Person): void {
  const { world } = visit;
  visit.account = '';
  askCode(visit, person.phone);
  visit.call(world.api.get('reset'), { target: person.phone });
  visit.think(0.5);
  visit.signIn(person.name, person.login, true);
}
