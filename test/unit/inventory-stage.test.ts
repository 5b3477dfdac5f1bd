import { describe, expect, it } from 'vitest';
import { IDENTITY_ORIGINS } from '../../services/core/batch.ts';
import type { InventoryFact } from '../../services/core/inventory.ts';
import type { Emit } from '../../services/core/stage.ts';
import { HOUR } from '../../services/core/watermark.ts';
import { NO_ADDRESS_DATA } from '../../services/ingest/addresses/addresses.ts';
import { createNormaliseStage, type NormaliseStage } from '../../services/ingest/normalise.ts';
import type { NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import { joinFacts } from '../support/inventory.ts';

const BASE = Date.UTC(2026, 3, 1, 8);
const encoder = new TextEncoder();

function stageOf(config: Partial<NormaliseConfig> = {}): NormaliseStage {
  return createNormaliseStage(
    { tenant: 'shop', source: 'gateway', format: 'nginx-json', partitions: 2, upstreams: 1, key: [1, 2, 3, 4], ...config },
    { addresses: NO_ADDRESS_DATA },
  );
}

interface Request {
  at: number;
  uri: string;
  user?: string;
  status?: number;
  more?: Record<string, unknown>;
}

function line({ at, uri, user, status = 200, more }: Request): string {
  return JSON.stringify({
    msec: (at / 1000).toFixed(3),
    remote_addr: '198.51.100.7',
    http_x_consumer_id: user ?? '-',
    request_method: 'GET',
    host: 'shop.example',
    request_uri: uri,
    status,
    ...more,
  });
}

let offset = 0;
function feed(stage: NormaliseStage, requests: readonly Request[]): Emit[] {
  const bytes = encoder.encode(requests.map((request) => `${line(request)}\n`).join(''));
  offset += bytes.length;
  return stage.process({ tenant: 'shop', source: 'gateway', partition: 'p', offset: offset - bytes.length, line: 0, bytes });
}

function factsOf(emits: readonly Emit[]): InventoryFact[] {
  return emits.flatMap((emit) => (emit.output === 'inventory' ? emit.value : []));
}

function end(stage: NormaliseStage): Emit[] {
  return stage.control({ kind: 'end', tenant: 'shop', upstream: 'p', provisional: false });
}

const origin = (name: (typeof IDENTITY_ORIGINS)[number]): number => 1 << IDENTITY_ORIGINS.indexOf(name);

describe('what a normalise stage says of interfaces', () => {
  it('is said once the watermark has passed the hour, not before', () => {
    const stage = stageOf();
    const first = feed(
      stage,
      [0, 1, 2].map((i) => ({ at: BASE + i * 60_000, uri: '/api/orders/7', user: `u${i}` })),
    );
    expect(factsOf(first)).toEqual([]);
    const later = feed(stage, [{ at: BASE + HOUR + 30 * 60_000, uri: '/api/carts' }]);
    expect(factsOf(later)).toMatchObject([
      { interface: 'GET shop.example/api/orders/{id}', hour: BASE, origins: origin('consumer'), classes: 1 << 2, sensitive: [] },
    ]);
    expect(factsOf(later)[0].callers).toHaveLength(3);
    expect(factsOf(end(stage))).toMatchObject([{ interface: 'GET shop.example/api/carts', hour: BASE + HOUR, origins: origin('address') }]);
  });

  it('is about requests that were answered', () => {
    const stage = stageOf();
    feed(stage, [
      { at: BASE, uri: '/api/a' },
      { at: BASE, uri: '/api/a', user: 'u1', status: 401 },
      { at: BASE, uri: '/api/b', status: 404 },
      { at: BASE, uri: '/api/c', status: 500 },
      { at: BASE, uri: '/api/d', status: 302 },
    ]);
    const facts = joinFacts(factsOf(end(stage)));
    expect(facts.map((fact) => [fact.interface, fact.origins, fact.classes])).toEqual([
      ['GET shop.example/api/a', origin('address'), 1 << 2],
      ['GET shop.example/api/d', origin('address'), 1 << 3],
    ]);
  });

  it('is said too when the input rests, and again when the hour is over', () => {
    const stage = stageOf();
    feed(
      stage,
      [0, 1].map(() => ({ at: BASE, uri: '/api/a' })),
    );
    const rest = stage.control({ kind: 'idle', tenant: 'shop', upstream: 'p' });
    expect(factsOf(rest)).toHaveLength(1);
    expect(factsOf(end(stage))).toEqual(factsOf(rest));
  });

  it('tells who shows a session from who shows nothing', () => {
    const stage = stageOf({ session: 'cookie_sid' });
    feed(stage, [
      { at: BASE, uri: '/api/a', more: { cookie_sid: 's1' } },
      { at: BASE + 1, uri: '/api/a', user: 'u1', more: { cookie_sid: 's1' } },
      { at: BASE + 2, uri: '/api/b', more: { cookie_sid: 's1' } },
      { at: BASE + 3, uri: '/api/c' },
    ]);
    expect(joinFacts(factsOf(end(stage))).map((fact) => fact.origins)).toEqual([
      origin('session') | origin('consumer'),
      origin('session'),
      origin('address'),
    ]);
  });

  it('says of sensitive data what they are and how many, never which', () => {
    const stage = stageOf({ bodies: ['request_body'] });
    const phones = ['13800138000', '13912345678', '15887654321'];
    feed(stage, [
      ...phones.map((phone, i) => ({ at: BASE + i, uri: `/api/send?phone=${phone}` })),
      { at: BASE + 5, uri: '/api/send?phone=138****8000' },
      { at: BASE + 6, uri: '/api/profile', more: { request_body: '{"email":"zhang.san@mail.example.com"}' } },
      { at: BASE + 7, uri: '/api/none?page=3&size=20' },
      { at: BASE + 8, uri: '/api/refused?phone=13800138000', status: 403 },
    ]);
    const facts = joinFacts(factsOf(end(stage)));
    const said = Object.fromEntries(
      facts.map((fact) => [
        fact.interface.split('/api/')[1],
        fact.sensitive.map(({ type, masked, shape, hashes }) => [type, masked, shape, hashes.length]),
      ]),
    );
    expect(said).toEqual({
      none: [],
      profile: [['email', false, '', 1]],
      send: [
        ['mobile', false, '', 3],
        ['mobile', true, '3*4', 1],
      ],
    });
    const text = JSON.stringify(facts);
    for (const value of [...phones, '138****8000', 'zhang.san']) expect(text).not.toContain(value);
  });

  it('keeps of an event that waits for a clock what it carried, over a snapshot too', () => {
    const stage = stageOf();
    feed(stage, [{ at: BASE, uri: '/api/send?phone=13800138000' }]); // the first one waits
    const restored = stageOf();
    restored.restore(stage.snapshot());
    expect(factsOf(end(restored))).toEqual(factsOf(end(stage)));
    expect(factsOf(end(stageOf()))).toEqual([]);
    const again = stageOf();
    again.restore(stageOf().snapshot());
    feed(again, [{ at: BASE, uri: '/api/send?phone=13800138000' }]);
    expect(factsOf(end(again))[0].sensitive).toMatchObject([{ type: 'mobile', masked: false }]);
  });
});
