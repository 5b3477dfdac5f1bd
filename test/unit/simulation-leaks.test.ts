import { expect, it } from 'vitest';
import type { SimulatedRequest } from '../../services/simulation/event.ts';
import { addressNumber, PREFIXES } from '../../services/simulation/networks.ts';
import { buildWorld, simulateWorld } from '../../services/simulation/simulate.ts';
import { tenantPlan } from '../../services/simulation/tenant-plan.ts';

/** Scenarios of many identities: one actor's own traits say nothing about a law. */
const SCENARIOS = [
  'credential_stuffing',
  'slow_stuffing',
  'scraping_cohort',
  'malicious_registration',
  'marketing_fraud',
  'account_enumeration',
];
const TENANTS = 8;

const networks = new Map<string, string>();

function networkOf(address: string): string {
  const known = networks.get(address);
  if (known !== undefined) return known;
  const value = addressNumber(address);
  const prefix = PREFIXES.find((one) => value >= one.base && value < one.base + 2 ** (32 - one.bits));
  const found = prefix === undefined ? 'own' : prefix.kind;
  networks.set(address, found);
  return found;
}

function agentKind(agent: string): string {
  if (/iPhone; iOS/.test(agent)) return 'ios app';
  if (/okhttp/.test(agent) && /Android/.test(agent)) return 'android app';
  return /Mobile/.test(agent) ? 'mobile' : /Mozilla/.test(agent) ? 'desktop' : 'library';
}

/** What one request shows of its maker that has nothing to do with behaviour. */
const TRAITS: Record<string, (event: SimulatedRequest) => string | number> = {
  agentKind: (event) => agentKind(event.agent),
  agentLength: (event) => event.agent.length >> 3,
  agentVersion: (event) => /(?:Chrome|Firefox|Version)\/(\d+)/.exec(event.agent)?.[1] ?? '',
  nameLength: (event) => event.account.length,
  nameDigits: (event) => event.account.replace(/\D/g, '').length,
  loginLength: (event) => event.login.length,
  referer: (event) => (event.referer === '' ? 0 : event.referer.endsWith('/') ? 1 : 2),
  session: (event) => event.session.length,
  hops: (event) => event.via.length,
  network: (event) => networkOf(event.address),
  lastOctet: (event) => Number(event.address.split('.')[3]) >> 5,
  millisecond: (event) => event.at % 10,
  second: (event) => (Math.floor(event.at / 1000) % 60) >> 2,
  requestSize: (event) => Math.round(Math.log2(event.bytesIn) * 2),
  parameters: (event) =>
    event.query
      .split('&')
      .map((pair) => pair.split('=')[0])
      .join(),
};

interface Sample {
  scenario: string;
  train: boolean;
  /** interface's operation and outcome: traits are compared among the like */
  like: string;
  traits: Record<string, string | number>;
}

let made: Sample[] | undefined;

function samples(): Sample[] {
  if (made !== undefined) return made;
  const all: Sample[] = [];
  for (let i = 0; i < TENANTS; i++) {
    const scenarios = SCENARIOS.map((scenario) => ({ scenario, intensity: 0.5 }));
    const world = buildWorld(tenantPlan('consumer', 100 + i, { days: 3, accounts: 400, eventsPerDay: 1500, scenarios }));
    const operations = new Map(world.api.all.map((one) => [one.id, one.operation]));
    for (const event of simulateWorld(world)) {
      if (event.kind !== 'request') continue;
      const traits = Object.fromEntries(Object.entries(TRAITS).map(([name, of]) => [name, of(event)]));
      const scenario = event.campaign.split('-').pop() ?? '';
      all.push({ scenario, train: i % 2 === 0, like: `${operations.get(event.interface)} ${event.status >= 400}`, traits });
    }
  }
  made = all;
  return all;
}

/** Balanced accuracy, on tenants not learned from, of calling an event an attack by one trait's value. */
function stump(rows: readonly Sample[], trait: string): number {
  const counts = new Map<string, [number, number]>();
  for (const row of rows) {
    const count = counts.get(`${row.train} ${row.like}`) ?? [0, 0];
    count[row.scenario === '' ? 0 : 1]++;
    counts.set(`${row.train} ${row.like}`, count);
  }
  const shares = [new Map<string, [number, number]>(), new Map<string, [number, number]>()];
  const totals = [
    [0, 0],
    [0, 0],
  ];
  for (const row of rows) {
    const [benign, attack] = counts.get(`${row.train} ${row.like}`) ?? [0, 0];
    if (benign === 0 || attack === 0) continue;
    const side = row.train ? 0 : 1;
    const kind = row.scenario === '' ? 0 : 1;
    const weight = kind === 1 ? 1 : attack / benign;
    const value = String(row.traits[trait]);
    const share = shares[side].get(value) ?? [0, 0];
    share[kind] += weight;
    shares[side].set(value, share);
    totals[side][kind] += weight;
  }
  let gain = 0;
  for (const [value, [benign, attack]] of shares[1]) {
    const learned = shares[0].get(value);
    if (learned !== undefined && learned[1] / totals[0][1] > learned[0] / totals[0][0])
      gain += attack / totals[1][1] - benign / totals[1][0];
  }
  return 0.5 + gain / 2;
}

it('no static trait of a request tells attackers from users', () => {
  const all = samples();
  const benign = all.filter((row) => row.scenario === '');
  const found: Record<string, number> = {};
  for (const trait of Object.keys(TRAITS)) {
    let sum = 0;
    for (const scenario of SCENARIOS) {
      const rows = [...benign, ...all.filter((row) => row.scenario === scenario)];
      expect(rows.length - benign.length).toBeGreaterThan(200);
      sum += stump(rows, trait);
    }
    found[trait] = Math.round((sum / SCENARIOS.length) * 100) / 100;
  }
  const leaks = Object.entries(found).filter(([, accuracy]) => accuracy > 0.65);
  expect(leaks, JSON.stringify(found)).toEqual([]);
});

it('and the test would see one', () => {
  const all = samples()
    .slice(0, 40_000)
    .filter((row) => row.scenario === '' || row.scenario === 'credential_stuffing');
  const marked = all.map((row) => ({ ...row, traits: { ...row.traits, session: row.scenario === '' ? 16 : 0 } }));
  expect(stump(marked, 'session')).toBeGreaterThan(0.95);
});
