import { describe, expect, test } from 'vitest';
import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { parseConfig } from '../../services/commands/config.ts';
import { topologyConfigOf } from '../../services/commands/topology-config.ts';
import { InThread } from '../../services/drivers/in-thread.ts';
import { DeviceMarket } from '../../services/simulation/devices.ts';
import { Random } from '../../services/simulation/random.ts';
import { createTopology } from '../../services/topology.ts';

/**
 * Five thousand people behind one address (a carrier's translation, an office, a campus), from one day to the next, and what
 * single addresses do that are nobody's but an attacker's. The address of the many is no actor: no alert may name it as one.
 */
const SHARED = '203.0.113.77';
/** Of a crowd whose app asks for pictures that are not there, and of one that signs up with codes. */
const BROKEN = '203.0.113.78';
const JOINING = '203.0.113.79';
const MANY = [SHARED, BROKEN, JOINING];
const SCANNER = '198.51.100.9';
const STUFFER = '198.51.100.10';
const PUMPER = '198.51.100.12';
const SCRAPER = '198.51.100.11';
const BROWSER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36';
const PEOPLE: Record<Naming, number> = { accounts: 5_000, nobody: 5_000, 'after login': 2_000, sessions: 2_000 };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 2, 2);
/** Requests of a visit, with their share of failures. */
const VISIT = [
  { method: 'GET', path: () => '/', failing: 0 },
  { method: 'POST', path: () => '/api/v1/login', failing: 0.05 },
  { method: 'GET', path: (random: Random) => `/api/v1/goods/${1 + random.zipf(3000, 1)}`, failing: 0.02 },
  { method: 'GET', path: (random: Random) => `/api/v1/goods/${1 + random.zipf(3000, 1)}/comments`, failing: 0.03 },
  { method: 'GET', path: (random: Random) => `/api/v1/orders/${random.int(1_000_000)}`, failing: 0.02 },
  { method: 'POST', path: () => '/api/v1/cart', failing: 0.02 },
];

interface Person {
  name: string;
  agent: string;
  address: string;
  session?: string;
}

/**
 * How people are told apart: by accounts, by nothing but their programs, by accounts after the login, or by nothing but their
 * sessions, all with the same program.
 */
type Naming = 'accounts' | 'nobody' | 'after login' | 'sessions';
type Entry = [at: number, line: string];

function entry(
  at: number,
  account: string,
  address: string,
  agent: string,
  method: string,
  path: string,
  status: number,
  cookie_sid?: string,
): Entry {
  const record = {
    time_iso8601: new Date(at).toISOString(),
    remote_addr: address,
    http_x_consumer_id: account,
    host: 'api.shop.example',
    request: `${method} ${path} HTTP/1.1`,
    status,
    body_bytes_sent: 900,
    request_time: '0.030',
    http_user_agent: agent,
    cookie_sid,
  };
  return [at, JSON.stringify(record)];
}

function visit(entries: Entry[], random: Random, person: Person, from: number, naming: Naming): void {
  let at = from;
  let known = naming === 'accounts';
  for (const { method, path, failing } of VISIT) {
    at += 1000 + Math.floor(random.next() * 40_000);
    const fails = random.chance(failing);
    const isLogin = path(random) === '/api/v1/login';
    const status = fails ? (isLogin ? 401 : 404) : 200;
    entries.push(entry(at, known ? person.name : '-', person.address, person.agent, method, path(random), status, person.session));
    if (naming === 'after login' && isLogin && !fails) known = true;
  }
}

/** Three days of a shop: people at addresses of their own; on the last day the five thousand come, and the attackers with them. */
function log(naming: Naming): Uint8Array {
  const random = new Random(5);
  const market = new DeviceMarket(random, { app: 1, phone: 1, desktop: 1 });
  const people = (n: number, prefix: string, address: (i: number) => string): Person[] =>
    Array.from({ length: n }, (_, i) => ({
      name: `${prefix}-${i}`,
      agent: naming === 'sessions' ? BROWSER : market.draw(random).agent,
      address: address(i),
      ...(naming === 'sessions' ? { session: `${prefix}${i}` } : {}),
    }));
  const entries: Entry[] = [];
  const residents = people(250, 'r', (i) => `192.0.${i % 200}.${1 + Math.floor(i / 200)}`);
  for (let day = 0; day < 3; day++)
    for (const person of residents)
      for (let visits = 0; visits < 2; visits++)
        visit(entries, random, person, START + day * DAY + (7 + 14 * random.next()) * HOUR, naming);
  const last = START + 2 * DAY;
  for (const person of people(PEOPLE[naming], 'n', () => SHARED))
    visit(entries, random, person, last + (8 + 5 * random.next()) * HOUR, naming);
  for (const person of people(600, 'b', () => BROKEN)) {
    const from = last + (8 + 5 * random.next()) * HOUR;
    visit(entries, random, person, from, naming);
    const name = naming === 'nobody' || naming === 'sessions' ? '-' : person.name;
    for (let i = 0; i < 5; i++)
      entries.push(entry(from + i, name, BROKEN, person.agent, 'GET', `/media/pic-${random.int(90)}`, 404, person.session));
  }
  for (const person of people(600, 'j', () => JOINING)) {
    const from = last + (8 + 5 * random.next()) * HOUR;
    const phone = 13_000_000_000 + random.int(900_000_000);
    const ask = (at: number, path: string, status = 200): void => {
      entries.push(entry(from + at, '-', JOINING, person.agent, 'POST', path, status, person.session));
    };
    ask(0, `/api/v1/sms/send?phone=${phone}`);
    ask(40_000, `/api/v1/register?phone=${phone}`, random.chance(0.1) ? 400 : 200);
    ask(60_000, '/api/v1/profile');
  }
  const [browser] = people(1, 'x', () => SCANNER);
  for (let i = 0; i < 300; i++) {
    const at = last + 9 * HOUR + i * 11_000;
    entries.push(entry(at, '-', SCANNER, browser.agent, 'GET', `/old/backup-${i * 7}.zip`, 404));
    entries.push(entry(at + 500, '-', STUFFER, browser.agent, 'POST', `/api/v1/login?username=u${i}`, i % 60 === 0 ? 200 : 401));
  }
  for (let i = 0; i < 150; i++)
    entries.push(
      entry(last + 9 * HOUR + i * 20_000, '-', PUMPER, browser.agent, 'POST', `/api/v1/sms/send?phone=${13_100_000_000 + i * 7919}`, 200),
    );
  for (let i = 0; i < 2_500; i++)
    entries.push(entry(last + 9 * HOUR + i * 1_400, '-', SCRAPER, browser.agent, 'GET', `/api/v1/goods/${1 + i}`, 200));
  entries.sort(([a], [b]) => a - b);
  return new TextEncoder().encode(`${entries.map(([, line]) => line).join('\n')}\n`);
}

async function found(naming: Naming): Promise<{ alerts: AlertRecord[]; incidents: IncidentRecord[] }> {
  const bytes = log(naming);
  const session = naming === 'sessions' ? ', session: cookie_sid' : '';
  const text = `tenants: { shop: {} }\nsources: [{ name: gateway, tenant: shop, format: nginx-json, files: [x.log]${session} }]\n`;
  const { config, version } = parseConfig(text, 'weir.yaml', '.', {});
  const settings = topologyConfigOf({ config, version, sources: config.sources, inputs: [], key: new Uint8Array(32).fill(7) });
  const input = { tenant: 'shop', source: 'gateway', partition: 'x', format: 'nginx-json', upstreams: 1 };
  const net = await InThread.start(createTopology(settings), input);
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, Math.min(at + 64 * 1024, bytes.length - 1)) + 1;
    net.chunk({ tenant: 'shop', source: 'gateway', partition: 'x', offset: at, line: 1, bytes: bytes.slice(at, end) });
    at = end;
  }
  net.end('shop', 'x');
  return {
    alerts: [...new Map(net.alerts.map((alert) => [alert.alert_id, alert])).values()],
    incidents: [...new Map(net.incidents.map((incident) => [incident.incident_id, incident])).values()],
  };
}

describe.each<Naming>(['accounts', 'nobody', 'after login', 'sessions'])(
  'thousands of people behind one address, told apart by: %s',
  async (naming) => {
    const { alerts, incidents } = await found(naming);

    test('no alert and no incident is about the address, or names it among the actors', () => {
      const naming = (id: string): boolean => MANY.includes(id);
      expect(alerts.filter(({ entity }) => naming(entity.id)).map(({ detector, entity }) => [detector, entity.id])).toEqual([]);
      expect(alerts.filter(({ related }) => related.some(({ id }) => naming(id))).map(({ detector }) => detector)).toEqual([]);
      expect(incidents.filter(({ entity, actors }) => naming(entity.id) || actors.some(({ id }) => naming(id)))).toEqual([]);
    });

    test('addresses that are one actor are named', () => {
      const named = new Set(alerts.flatMap(({ entity, detector }) => (entity.kind === 'source' ? [`${entity.id} ${detector}`] : [])));
      expect([...named]).toContain(`${SCANNER} probing`);
      expect([...named]).toContain(`${STUFFER} source_login_failures`);
      expect([...named]).toContain(`${PUMPER} source_sends`);
      expect([...named].some((name) => name.startsWith(SCRAPER))).toBe(true);
    });
  },
);
