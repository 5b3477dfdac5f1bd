import type { IdStyle } from './interfaces.ts';
import type { TenantKind } from './plan.ts';
import { Random } from './random.ts';

/** Accidents of a tenant that say nothing about good or bad: drawn widely, so that nothing can lean on one of them. */
export interface Nuisances {
  /** domain, e.g. `quickmart.example` */
  domain: string;
  nameStyle: 'numeric' | 'prefixed' | 'uuid' | 'email' | 'handle' | 'phone' | 'dotted' | 'staff' | 'key' | 'company' | 'host';
  loginStyle: 'email' | 'handle' | 'phone' | 'dotted' | 'same';
  idStyles: IdStyle[];
  /** the gateway logs the user name of a login or the phone of a code */
  logsLogin: boolean;
  /** the login's own line already carries the account when it succeeds */
  accountOnLogin: boolean;
  /** the gateway logs a session id */
  logsSession: boolean;
  logsReferer: boolean;
  /** refused logins: status, or 200 with a business code */
  loginFailure: 200 | 400 | 401 | 403 | 422;
  failureCode: number;
  logsCode: boolean;
  /** the gateway stands behind a proxy and sees clients in X-Forwarded-For */
  forwarded: boolean;
  /** addresses of that proxy */
  proxies: string[];
  /** responses say how many records they carry */
  logsRecords: boolean;
  /** calls of page assets pass this gateway */
  assets: boolean;
  /** hourly activity of a working day and of a free day, mean 1 */
  workdayHours: number[];
  freeHours: number[];
  /** activity of Monday..Sunday, 1 = mean working day */
  weekdays: number[];
  holiday: number;
  /** growth of the number of accounts a day, share */
  joinRate: number;
  /** share of accounts that stop within the time of 30 days */
  churn: number;
  /** spread of activity over accounts, ln units */
  activitySpread: number;
  /** spread of personal hours, hours */
  personalShift: number;
  /** background share of 5xx */
  serverErrors: number;
  /** share of logins whose first attempt has a typo */
  typos: number;
  /** mean days between renewals of a home address */
  renewal: number;
  /** seconds a person thinks between calls: median */
  pause: number;
  pauseSpread: number;
  /** share of anonymous robots in the background (crawlers, scanners), of events */
  robots: number;
  /** share of accounts on mobile networks most of the time */
  mobile: number;
  /** share of accounts who sit in an office that shares an address */
  officeShare: number;
  /** share of accounts that hop over a VPN at times */
  vpn: number;
  /** share of customers abroad */
  abroad: number;
}

const CONSUMER = [
  0.35, 0.2, 0.12, 0.08, 0.08, 0.14, 0.35, 0.65, 0.85, 0.95, 1, 1.1, 1.25, 1.1, 0.95, 0.9, 0.95, 1.05, 1.25, 1.45, 1.6, 1.55, 1.2, 0.7,
];
const OFFICE = [
  0.012, 0.01, 0.008, 0.008, 0.01, 0.02, 0.08, 0.35, 1.2, 2.1, 2.4, 2.2, 0.9, 1.5, 2.2, 2.3, 2.1, 1.5, 0.55, 0.22, 0.14, 0.1, 0.05, 0.02,
];
const PARTNER = [
  0.5, 0.45, 0.45, 0.45, 0.45, 0.5, 0.6, 0.8, 1.3, 1.6, 1.7, 1.6, 1.2, 1.4, 1.6, 1.6, 1.5, 1.2, 0.9, 0.8, 0.7, 0.65, 0.6, 0.55,
];

const SYLLABLES = [
  'ka',
  'lo',
  'mi',
  'ra',
  'ven',
  'tor',
  'sho',
  'qui',
  'nex',
  'bel',
  'dan',
  'fin',
  'gro',
  'hal',
  'jun',
  'pex',
  'sol',
  'tri',
  'uno',
  'wel',
  'yar',
  'zen',
];
const DOMAIN_ENDS = [
  'mart.example',
  'shop.example',
  'go.example',
  'app.example',
  'hub.example',
  '.example',
  'corp.example',
  'group.example',
];

function curve(random: Random, base: readonly number[]): number[] {
  const power = random.range(0.75, 1.35);
  const shift = random.range(-1, 1);
  const lunch = random.range(0.6, 1.1);
  const shaped = base.map((_, hour) => {
    const at = (hour - shift + 24) % 24;
    const low = Math.floor(at);
    const value = base[low] * (1 - (at - low)) + base[(low + 1) % 24] * (at - low);
    return value ** power * (hour === 12 || hour === 13 ? lunch : 1) * random.lognormal(1, 0.06);
  });
  const mean = shaped.reduce((sum, value) => sum + value, 0) / 24;
  return shaped.map((value) => value / mean);
}

function weekdays(random: Random, kind: TenantKind): number[] {
  const weekend = kind === 'consumer' ? random.range(0.75, 1.5) : kind === 'partners' ? random.range(0.25, 0.8) : random.range(0.03, 0.18);
  return [0, 1, 2, 3, 4, 5, 6].map((day) => (day < 5 ? 1 : weekend) * random.lognormal(1, 0.06));
}

/** Draws a tenant's accidents. */
export function drawNuisances(kind: TenantKind, seed: number): Nuisances {
  const random = new Random(seed, 'nuisances', kind);
  const word = Array.from({ length: random.between(2, 3) }, () => random.pick(SYLLABLES)).join('');
  const names = {
    consumer: ['numeric', 'numeric', 'prefixed', 'uuid', 'email', 'handle', 'phone'],
    partners: ['key', 'company', 'company', 'prefixed'],
    office: ['dotted', 'staff', 'email', 'dotted', 'handle'],
    network: ['host'],
  } as const;
  const nameStyle = random.pick<Nuisances['nameStyle']>(names[kind]);
  const own = nameStyle === 'email' || nameStyle === 'handle' || nameStyle === 'phone' || nameStyle === 'dotted' || nameStyle === 'staff';
  const proxies = random.pick(['10.8.0.', '10.20.1.', '172.18.4.', '192.168.50.']);
  const office = kind === 'office';
  const logsLogin = random.chance(0.7);
  const loginFailure = random.pick<Nuisances['loginFailure']>([401, 401, 401, 403, 400, 422, 200]);
  return {
    domain: word + random.pick(DOMAIN_ENDS),
    nameStyle,
    loginStyle: own ? 'same' : random.pick(['email', 'handle', 'phone']),
    idStyles: Array.from({ length: 8 }, () => random.pick<IdStyle>(['sequential', 'sequential', 'random', 'long', 'uuid'])),
    logsLogin,
    accountOnLogin: random.chance(0.6),
    logsSession: random.chance(0.4),
    logsReferer: random.chance(0.5),
    loginFailure,
    failureCode: random.pick([1001, 40101, 10003, 20004, 500]),
    // refusals that look like successes are seen by their business code only
    logsCode: random.chance(0.5) || loginFailure === 200,
    forwarded: random.chance(0.45),
    proxies: Array.from({ length: random.between(1, 4) }, (_, i) => `${proxies}${10 + i}`),
    logsRecords: random.chance(0.4),
    assets: kind !== 'partners' && random.chance(0.4),
    workdayHours: curve(random, kind === 'consumer' ? CONSUMER : kind === 'partners' ? PARTNER : OFFICE),
    freeHours: curve(random, kind === 'partners' ? PARTNER : CONSUMER),
    weekdays: weekdays(random, kind),
    holiday: kind === 'consumer' ? random.range(0.8, 1.4) : random.range(0.05, 0.4),
    joinRate: kind === 'consumer' ? random.lognormal(0.006, 0.8) : random.lognormal(0.0015, 0.5),
    churn: random.range(0.02, 0.25),
    activitySpread: kind === 'consumer' ? random.range(0.9, 1.5) : random.range(0.5, 1),
    personalShift: office ? random.range(0.5, 1.2) : random.range(1, 3.5),
    serverErrors: random.lognormal(0.0012, 0.9),
    typos: random.range(0.02, 0.12),
    renewal: random.pick([1, 3, 7, 14, 30, 60]) * random.range(0.7, 1.4),
    pause: kind === 'consumer' ? random.range(3, 9) : random.range(5, 20),
    pauseSpread: random.range(0.8, 1.3),
    robots: random.range(0.0005, 0.02),
    mobile: office ? 0 : random.range(0.2, 0.75),
    officeShare: random.range(0.02, 0.15),
    vpn: random.range(0.01, 0.06),
    abroad: kind === 'consumer' ? random.range(0.005, 0.06) : random.range(0, 0.03),
  };
}
