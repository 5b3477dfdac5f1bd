import type { Random } from './random.ts';

/** What a client sends of itself; the same device sends the same text until it is updated. */
export interface Device {
  kind: 'phone' | 'desktop' | 'app' | 'library';
  agent: string;
}

const CHROME = [
  '120.0.0.0',
  '121.0.0.0',
  '122.0.0.0',
  '123.0.0.0',
  '124.0.0.0',
  '125.0.0.0',
  '126.0.0.0',
  '127.0.0.0',
  '128.0.0.0',
  '129.0.0.0',
  '130.0.0.0',
  '131.0.0.0',
];
const FIREFOX = ['115.0', '121.0', '123.0', '124.0', '126.0', '128.0', '130.0', '132.0'];
const ANDROID = ['10', '11', '12', '13', '14', '15'];
const PHONES = [
  'SM-S911B',
  'SM-A546B',
  'SM-G991U',
  'SM-A155F',
  'Pixel 6a',
  'Pixel 7',
  'Pixel 8',
  'M2101K6G',
  '2201117TG',
  '23049PCD8G',
  'CPH2449',
  'CPH2581',
  'V2227A',
  'PGT-AN10',
  'ALN-AL80',
  'NOH-AN00',
  'XQ-DC72',
  'moto g84 5G',
  'RMX3661',
  'LE2115',
];
const IOS = ['15_8', '16_3', '16_6', '17_1', '17_3', '17_4_1', '17_5_1', '17_6_1', '18_0', '18_1_1'];
const LIBRARIES = [
  'okhttp/4.9.3',
  'okhttp/4.12.0',
  'okhttp/3.14.9',
  'python-requests/2.31.0',
  'python-requests/2.28.2',
  'python-httpx/0.27.0',
  'Go-http-client/1.1',
  'Go-http-client/2.0',
  'Apache-HttpClient/4.5.13 (Java/11.0.20)',
  'Apache-HttpClient/5.2.1 (Java/17.0.9)',
  'axios/1.6.7',
  'axios/0.27.2',
  'node-fetch/1.0 (+https://github.com/bitinn/node-fetch)',
  'Java/1.8.0_392',
  'RestSharp/110.2.0.0',
  'GuzzleHttp/7',
  'ReactorNetty/1.1.13',
  'Faraday v2.9.0',
  'PostmanRuntime/7.36.3',
];
const APP_WORDS = ['Shop', 'Mart', 'Go', 'Plus', 'Club', 'Daily', 'Box', 'Buy', 'Home', 'Easy', 'Mobile', 'Life'];

/** The mix of devices of one tenant: shares, app versions, how often they are updated. */
export class DeviceMarket {
  private readonly weights: number[];
  private readonly app: string;
  private readonly versions: string[];
  private readonly newest: number;

  constructor(random: Random, base: { app: number; phone: number; desktop: number }) {
    this.weights = [base.app * random.lognormal(1, 0.5), base.phone * random.lognormal(1, 0.5), base.desktop * random.lognormal(1, 0.5)];
    this.app = `${random.pick(APP_WORDS)}${random.pick(APP_WORDS)}`;
    const major = random.between(1, 9);
    this.versions = Array.from({ length: random.between(3, 9) }, (_, i) => `${major}.${i + random.int(3)}.${random.int(12)}`);
    this.newest = random.range(0.4, 1.3);
  }

  /** A device of a person. */
  draw(random: Random): Device {
    const kind = random.weighted(this.weights);
    if (kind === 0) return this.appDevice(random);
    return kind === 1 ? phone(random) : desktop(random);
  }

  desktop(random: Random): Device {
    return desktop(random);
  }

  library(random: Random): Device {
    return library(random);
  }

  private appDevice(random: Random): Device {
    const version = this.versions[this.versions.length - 1 - random.zipf(this.versions.length, this.newest)];
    if (random.chance(0.45)) {
      const ios = random.pick(IOS).replaceAll('_', '.');
      return { kind: 'app', agent: `${this.app}/${version} (iPhone; iOS ${ios}; Scale/${random.chance(0.7) ? '3.00' : '2.00'})` };
    }
    return {
      kind: 'app',
      agent: `${this.app}/${version} (Android ${random.pick(ANDROID)}; ${random.pick(PHONES)}) okhttp/4.${random.pick(['9.3', '10.0', '12.0'])}`,
    };
  }
}

function phone(random: Random): Device {
  if (random.chance(0.4)) {
    const ios = random.pick(IOS);
    const version = ios.replace('_', '.').split('_')[0];
    return {
      kind: 'phone',
      agent: `Mozilla/5.0 (iPhone; CPU iPhone OS ${ios} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${version} Mobile/15E148 Safari/604.1`,
    };
  }
  return {
    kind: 'phone',
    agent: `Mozilla/5.0 (Linux; Android ${random.pick(ANDROID)}; ${random.chance(0.5) ? 'K' : random.pick(PHONES)}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${random.pick(CHROME)} Mobile Safari/537.36`,
  };
}

function desktop(random: Random): Device {
  const system = random.pick([
    'Windows NT 10.0; Win64; x64',
    'Windows NT 10.0; Win64; x64',
    'Macintosh; Intel Mac OS X 10_15_7',
    'X11; Linux x86_64',
  ]);
  const browser = random.next();
  if (browser < 0.18) return { kind: 'desktop', agent: firefox(random, system) };
  const chrome = random.pick(CHROME);
  const edge = browser < 0.4 && system.startsWith('Windows') ? ` Edg/${chrome}` : '';
  return { kind: 'desktop', agent: `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${chrome} Safari/537.36${edge}` };
}

function firefox(random: Random, system: string): string {
  const version = random.pick(FIREFOX);
  return `Mozilla/5.0 (${system.replaceAll('_', '.')}; rv:${version}) Gecko/20100101 Firefox/${version}`;
}

function library(random: Random): Device {
  return { kind: 'library', agent: random.pick(LIBRARIES) };
}
