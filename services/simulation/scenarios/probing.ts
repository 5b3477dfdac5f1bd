import { HOUR } from '../../core/watermark.ts';
import { addressIn } from '../networks.ts';
import { SCAN_PATHS, unknown } from '../robots.ts';
import { device, Script, scaled } from '../script.ts';
import type { Scenario } from '../strand.ts';

const PARTS = [
  'admin',
  'internal',
  'debug',
  'backup',
  'test',
  'old',
  'private',
  'console',
  'manage',
  'users',
  'export',
  'config',
  'metrics',
  'graphql',
  'swagger',
  'docs',
  'upload',
  'files',
  'token',
  'keys',
  'reports',
  'db',
  'shell',
  'status',
  'trace',
  'env',
  'secrets',
  'logs',
];

/** Many unknown paths, parameters and methods from a few clients. */
export const probing: Scenario = {
  number: 17,
  name: 'probing',
  title: 'probing: unknown paths, parameters and methods',
  kinds: ['consumer', 'partners', 'office'],
  days: 1,
  span: 0.3,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const sources = Array.from({ length: random.between(1, 6) }, () => ({
      address: random.chance(0.5) ? addressIn(random.pick(world.networks.hosting), random.word()) : world.networks.residential(random, 0.3),
      device: random.chance(0.4) ? world.market.library(random) : device(setting),
    }));
    const probes = scaled(setting, random.between(300, 1200), 30);
    const span = random.range(0.2, 6) * HOUR;
    const base = world.api.all[0].before.split('/').slice(0, 3).join('/');
    for (let n = 0; n < probes; n++) {
      const source = random.pick(sources);
      const visit = script.visit({
        at: setting.at + ((n + random.next()) / probes) * span,
        address: source.address,
        device: source.device,
        session: '',
        retries: 0,
      });
      const path = random.chance(0.3)
        ? random.pick(SCAN_PATHS)
        : `${random.chance(0.6) ? base : ''}/${random.pick(PARTS)}/${random.pick(PARTS)}${random.chance(0.5) ? `/${random.pick(PARTS)}` : ''}`;
      const method = random.chance(0.85) ? 'GET' : random.pick(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']);
      unknown(
        visit,
        path,
        random.pick([404, 404, 404, 404, 403, 401, 405, 400]),
        method,
        random.chance(0.25)
          ? `${random.pick(['id', 'debug', 'q', 'file'])}=${random.pick(['1', '../etc/passwd', 'true', '%27%20OR%201=1', '0'])}`
          : '',
      );
    }
    return script.campaign({ number: 17, name: 'probing', about: [], accounts: false });
  },
};
