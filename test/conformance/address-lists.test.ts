import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { AlertRecord } from '../../schemas/alert.ts';
import { parseConfig } from '../../services/commands/config.ts';
import { topologyConfigOf } from '../../services/commands/topology-config.ts';
import { InThread } from '../../services/drivers/in-thread.ts';
import { listTables, loadAddressLists } from '../../services/ingest/addresses/address-list-loader.ts';
import { createTopology } from '../../services/topology.ts';
import { numbers } from '../support/driver-runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-lists-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START = Date.UTC(2026, 2, 2);
const HOUR = 3_600_000;
const BROWSER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36';
const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

const SCANNER = '203.0.113.9';
const GIVEN_BACK = '203.0.113.10';
const CRAWLER = '192.0.2.66';
const FAKE = '198.51.100.200';

function line(at: number, account: string, address: string, agent: string, path: string, status: number): string {
  return JSON.stringify({
    time_iso8601: new Date(at).toISOString().replace('Z', '+00:00'),
    remote_addr: address,
    http_x_consumer_id: account,
    host: 'api.shop.example',
    request: `GET ${path} HTTP/1.1`,
    status,
    body_bytes_sent: 700,
    request_time: '0.042',
    http_user_agent: agent,
  });
}

/** A day of a shop; at ten, four strangers ask for what is not there. */
function shopLog(): string[] {
  const next = numbers(11);
  const entries: [number, string][] = [];
  const say = (at: number, ...rest: [string, string, string, string, number]): void => {
    entries.push([at, line(at, ...rest)]);
  };
  for (let i = 0; i < 2_000; i++) {
    const account = Math.floor(next() ** 2 * 60);
    const at = START + Math.floor(((i + next()) / 2_000) * 24 * HOUR);
    say(
      at,
      `user-${account}`,
      `198.51.${account}.${1 + account}`,
      BROWSER,
      `/api/v1/orders/${account * 40 + Math.floor(next() * 20)}`,
      200,
    );
  }
  const strangers: [string, string][] = [
    [SCANNER, BROWSER],
    [GIVEN_BACK, BROWSER],
    [CRAWLER, GOOGLEBOT],
    [FAKE, GOOGLEBOT],
  ];
  for (const [address, agent] of strangers)
    for (let i = 0; i < 80; i++) say(START + 10 * HOUR + i * 30_000, '-', address, agent, `/old/${address}/page-${i * 7}.php`, 404);
  return entries.sort(([a], [b]) => a - b).map(([, text]) => text);
}

const LOG = new TextEncoder().encode(`${shopLog().join('\n')}\n`);

async function alertsWith(lists: string): Promise<AlertRecord[]> {
  const text = `tenants: { shop: { ${lists} } }\nsources: [{ name: gateway, tenant: shop, format: nginx-json, files: [x.log] }]\n`;
  const { config, version } = parseConfig(text, 'weir.yaml', folder, {});
  const topology = createTopology(
    topologyConfigOf({
      config,
      version,
      sources: config.sources,
      inputs: [],
      key: new Uint8Array(32).fill(7),
      lists: listTables(await loadAddressLists(config.tenants)),
    }),
  );
  const input = { tenant: 'shop', source: 'gateway', partition: 'x', format: 'nginx-json', upstreams: 1 };
  const net = await InThread.start(topology, input);
  for (let at = 0; at < LOG.length; ) {
    const end = LOG.indexOf(10, Math.min(at + 64 * 1024, LOG.length - 1)) + 1;
    net.chunk({ tenant: 'shop', source: 'gateway', partition: 'x', offset: at, line: 1, bytes: LOG.slice(at, end) });
    at = end;
  }
  net.end('shop', 'x');
  return [...new Map(net.alerts.map((alert) => [alert.alert_id, alert])).values()];
}

const of = (alerts: AlertRecord[], address: string): AlertRecord[] => alerts.filter(({ entity }) => entity.id === address);
const features = (alerts: AlertRecord[]): string[] => alerts.flatMap(({ reasons }) => reasons.map(({ feature }) => feature));

writeFileSync(join(folder, 'googlebot.json'), JSON.stringify({ creationTime: '2026-03-01', prefixes: [{ ipv4Prefix: '192.0.2.64/27' }] }));
writeFileSync(
  join(folder, 'threats.csv'),
  `network,until,note\n${SCANNER},2026-03-03,seen before\n${GIVEN_BACK}/32,2026-03-02,given back\n`,
);
const without = await alertsWith('');
const listed = await alertsWith(
  'lists: [{ name: googlebot, kind: crawler, file: googlebot.json }, { name: exchange, kind: threat, file: threats.csv }]',
);

describe('without lists', () => {
  test('all four strangers are raised for probing, and nothing is said of them', () => {
    for (const address of [SCANNER, GIVEN_BACK, CRAWLER, FAKE])
      expect(of(without, address).map(({ detector }) => detector)).toContain('probing');
    expect(features(without)).not.toContain('threat_list');
    expect(features(without)).not.toContain('fake_crawler');
  });
});

describe('with lists', () => {
  test('a source on a list of threats is named as such, in the reasons and the evidence', () => {
    const alerts = of(listed, SCANNER);
    expect(alerts.length).toBeGreaterThan(0);
    for (const alert of alerts) {
      expect(alert.reasons.map(({ text }) => text)).toContain('a list of threats has this address');
      expect(alert.evidence.every(({ summary }) => summary.includes('203.0.113.x (listed as a threat)'))).toBe(true);
      const sum = alert.reasons.reduce((total, { contribution }) => total + contribution, alert.bias);
      expect(Math.abs(sum - alert.score)).toBeLessThan(1e-9);
    }
  });

  test('an entry holds until its day by the time of the events, whatever the clock says', () => {
    // the scanner's ends the day after, the other's on the day itself
    expect(of(listed, SCANNER).every(({ window }) => window.end <= '2026-03-03')).toBe(true);
    expect(of(listed, GIVEN_BACK).map(({ detector }) => detector)).toContain('probing');
    expect(features(of(listed, GIVEN_BACK))).not.toContain('threat_list');
  });

  test('a crawler that its company’s list has is let be; one that is not in it is not excused, and said to be a fake', () => {
    expect(of(listed, CRAWLER)).toEqual([]);
    const fake = of(listed, FAKE);
    expect(fake.map(({ detector }) => detector)).toContain('probing');
    for (const alert of fake) expect(alert.reasons.map(({ feature }) => feature)).toContain('fake_crawler');
  });

  test('everything else is as it was', () => {
    const others = (alerts: AlertRecord[]) =>
      alerts.filter(({ entity }) => ![SCANNER, GIVEN_BACK, CRAWLER, FAKE].includes(entity.id) && entity.kind !== 'interface').length;
    expect(others(listed)).toBe(others(without));
  });
});
