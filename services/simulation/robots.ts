import { HOUR } from '../core/watermark.ts';
import type { Emit } from './event.ts';
import { addressIn } from './networks.ts';
import { Random } from './random.ts';
import { Visit } from './visit.ts';
import type { World } from './world.ts';

/** Paths that scanners of the whole internet ask everybody for. */
export const SCAN_PATHS = [
  '/wp-login.php',
  '/.env',
  '/robots.txt',
  '/favicon.ico',
  '/admin',
  '/phpmyadmin',
  '/.git/config',
  '/sitemap.xml',
  '/login',
  '/cgi-bin/luci',
  '/actuator',
  '/console',
  '/owa',
  '/xmlrpc.php',
  '/server-status',
  '/config.json',
  '/index.php',
  '/solr',
  '/vendor/phpunit',
  '/boaform/admin',
];

/** The internet's constant drizzle: single probes and password guesses from anywhere, at a low rate. */
export function background(world: World, start: number, emit: Emit): void {
  const random = new Random(world.seed, 'robots', Math.floor(start / HOUR));
  const perHour = (world.plan.eventsPerDay * world.nuisances.robots) / 24 / 3;
  if (world.plan.kind === 'office' && (world.seed & 1) === 0) return;
  for (let n = random.poisson(perHour); n > 0; n--) {
    const at = start + random.int(HOUR);
    const block = random.pick(world.networks.hosting);
    const visit = new Visit({
      world,
      emit,
      random,
      at,
      account: '',
      session: '',
      retries: 0,
      pace: 0.1,
      address: random.chance(0.6) ? addressIn(block, random.word()) : world.networks.residential(random, 0.6),
      device: random.chance(0.5) ? world.market.library(random) : world.market.desktop(random),
    });
    const login = world.api.find('login');
    if (login !== undefined && random.chance(0.04)) {
      for (let k = random.geometric(1.5); k > 0; k--) {
        visit.signIn('', world.unknownLogin(random), false);
        visit.wait(random.exponential(4000));
      }
      continue;
    }
    for (let k = random.geometric(2); k > 0; k--) {
      unknown(visit, random.pick(SCAN_PATHS), random.chance(0.9) ? 404 : 403);
      visit.wait(random.exponential(1500));
    }
  }
}

/** Asks for a path that is no interface of the tenant. */
export function unknown(visit: Visit, path: string, status: number, method = 'GET', query = ''): void {
  const host = visit.world.api.all[0].host;
  const one = visit.world.api.all[0];
  visit.call(
    {
      ...one,
      id: `${method} ${host}${path}`,
      key: '',
      operation: 'tail',
      method,
      before: path,
      after: undefined,
      argument: '',
      pageSize: 0,
      latency: 3,
      size: 150,
    },
    { status, query },
  );
}
