import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import type { AlertRecord } from '../../schemas/alert.ts';
import { parseConfig } from '../../services/commands/config.ts';
import { topologyConfigOf } from '../../services/commands/topology-config.ts';
import { InThread } from '../../services/drivers/in-thread.ts';
import { createTopology } from '../../services/topology.ts';
import { numbers } from '../support/driver-runs.ts';

/** Accounts that do the same, known by evidence of different weight: what their alerts say of it. */
const START = Date.UTC(2026, 2, 2);
const SECRET = 'grey heron over the weir';
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
function token(sub: string, secret: string): string {
  const signed = `${part({ alg: 'HS256' })}.${part({ sub })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const BY: Record<string, (i: number) => Record<string, string>> = {
  consumer: () => ({ http_x_consumer_id: 'consumer' }),
  verified: () => ({ token: `Bearer ${token('verified', SECRET)}` }),
  unverified: () => ({ http_authorization: `Bearer ${token('unverified', 'whatever')}` }),
  mixed: (i) => ({ [i % 10 === 0 ? 'login_user' : 'http_x_consumer_id']: 'mixed' }),
};

async function alerts(): Promise<AlertRecord[]> {
  const next = numbers(3);
  const entries: [number, string][] = [];
  const say = (at: number, address: string, path: string, who: Record<string, string>): void => {
    const record = {
      time_iso8601: new Date(at).toISOString(),
      remote_addr: address,
      host: 'shop.example',
      request: `GET ${path} HTTP/1.1`,
    };
    entries.push([
      at,
      JSON.stringify({ ...record, status: 200, body_bytes_sent: 700, http_user_agent: 'Mozilla/5.0 (X11) Firefox/120.0', ...who }),
    ]);
  };
  for (let i = 0; i < 4000; i++) {
    const account = Math.floor(next() * 200);
    say(START + Math.floor(next() * 86_400_000), `198.51.100.${account}`, `/api/goods/${Math.floor(next() * 3000)}`, {
      http_x_consumer_id: `user-${account}`,
    });
  }
  Object.values(BY).forEach((evidence, n) => {
    for (let i = 0; i < 1500; i++) say(START + 36_000_000 + i * 2000 + n, `203.0.113.${n}`, `/api/goods/${i}`, evidence(i));
  });
  entries.sort(([a], [b]) => a - b);
  const bytes = new TextEncoder().encode(`${entries.map(([, line]) => line).join('\n')}\n`);

  process.env.WEIR_TEST_TOKENS = SECRET;
  const identity =
    '[ http_x_consumer_id, { field: token, claim: sub, verify: { secret_env: WEIR_TEST_TOKENS } }, http_authorization, login_user ]';
  const text = `sources: [{ name: gateway, tenant: shop, format: nginx-json, files: [x.log], identity: ${identity} }]\n`;
  const { config, version } = parseConfig(text, 'weir.yaml', '.', {});
  const settings = topologyConfigOf({ config, version, sources: config.sources, inputs: [], key: new Uint8Array(32).fill(7) });
  delete process.env.WEIR_TEST_TOKENS;
  // what crosses to worker threads is plain data
  const topology = createTopology(structuredClone(settings));
  const net = await InThread.start(topology, { tenant: 'shop', source: 'gateway', partition: 'x', format: 'nginx-json', upstreams: 1 });
  net.chunk({ tenant: 'shop', source: 'gateway', partition: 'x', offset: 0, line: 1, bytes });
  net.end('shop', 'x');
  return net.alerts;
}

const found = await alerts();
const identityOf = (account: string) => found.find(({ entity }) => entity.kind === 'account' && entity.id === account)?.identity;

test('every alert says how its account is known, and how surely', () => {
  expect(identityOf('consumer')).toEqual({ origin: 'consumer', confidence: 0.98 });
  expect(identityOf('verified')).toEqual({ origin: 'jwt_verified', confidence: 0.95 });
  expect(identityOf('unverified')).toEqual({ origin: 'jwt', confidence: 0.8 });
});

test('a window of several kinds of evidence is as sure as the weakest of them', () => {
  expect(identityOf('mixed')).toEqual({ origin: 'login_field', confidence: 0.5 });
});
