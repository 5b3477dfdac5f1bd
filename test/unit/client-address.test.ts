import { describe, expect, test } from 'vitest';
import type { NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import { ingest } from '../support/ingest-events.ts';

const TRUSTED = { trustedProxies: ['10.8.0.0/24', '127.0.0.0/8'] };

function client(fields: Record<string, unknown>, config: Partial<NormaliseConfig> = TRUSTED): string {
  const record = { time: '2026-11-22T09:00:00Z', request: 'GET / HTTP/1.1', status: 200, ...fields };
  const { events, dead } = ingest(`${JSON.stringify(record)}\n`, config);
  return events[0]?.address ?? dead[0].reason;
}

describe('reports of the client', () => {
  test('X-Real-IP is no peer: without one it is believed only where proxies are known to stand in front', () => {
    expect(client({ http_x_real_ip: '192.0.2.1' }, {})).toBe('');
    expect(client({ http_x_real_ip: '192.0.2.1' }, { ...TRUSTED, addressFrom: ['x_real_ip'] })).toBe('');
    expect(client({ http_x_real_ip: '192.0.2.1' }, { proxyHops: 1, addressFrom: ['x_real_ip'] })).toBe('192.0.2.1');
    expect(client({ http_x_real_ip: '192.0.2.1' }, { fields: { address: 'http_x_real_ip' } })).toBe('192.0.2.1');
  });

  test('only what address_from names is read; X-Forwarded-For where it is left out', () => {
    const reports = {
      remote_addr: '10.8.0.1',
      http_x_real_ip: '192.0.2.1',
      http_x_forwarded_for: '192.0.2.2',
      http_cf_connecting_ip: '192.0.2.3',
    };
    expect(client(reports)).toBe('192.0.2.2');
    expect(client(reports, { ...TRUSTED, addressFrom: ['cf_connecting_ip'] })).toBe('192.0.2.3');
    expect(client(reports, { ...TRUSTED, addressFrom: ['true_client_ip'] })).toBe('10.8.0.1');
    expect(client(reports, { ...TRUSTED, addressFrom: ['true_client_ip', 'x_real_ip', 'x_forwarded_for'] })).toBe('192.0.2.1');
  });

  test('a report that names no address leaves it to the next one', () => {
    const reports = {
      remote_addr: '10.8.0.1',
      http_x_real_ip: '192.0.2.1, 192.0.2.9',
      http_forwarded: 'for=unknown',
      http_x_forwarded_for: '192.0.2.2',
    };
    expect(client(reports, { ...TRUSTED, addressFrom: ['x_real_ip', 'forwarded', 'x_forwarded_for'] })).toBe('192.0.2.2');
    expect(client(reports, { ...TRUSTED, addressFrom: ['x_real_ip', 'forwarded'] })).toBe('10.8.0.1');
  });

  test('a peer on a Unix socket is a process of the same machine', () => {
    expect(client({ remote_addr: 'unix:', http_x_forwarded_for: '192.0.2.1' })).toBe('192.0.2.1');
    expect(client({ remote_addr: 'unix:', http_x_forwarded_for: '192.0.2.1' }, {})).toBe('127.0.0.1');
  });

  test('with networks and hops, the peer has to be one of the networks', () => {
    const config = { ...TRUSTED, proxyHops: 2 };
    const list = '6.6.6.6, 192.0.2.1, 198.51.100.7';
    expect(client({ remote_addr: '10.8.0.1', http_x_forwarded_for: list }, config)).toBe('192.0.2.1');
    expect(client({ remote_addr: '203.0.113.9', http_x_forwarded_for: list }, config)).toBe('203.0.113.9');
  });

  test('hops: the entry from the right that our outermost proxy wrote, and no further', () => {
    const at = (list: string, proxyHops: number) => client({ remote_addr: '10.8.0.1', http_x_forwarded_for: list }, { proxyHops });
    expect(at('6.6.6.6, 192.0.2.1', 1)).toBe('192.0.2.1');
    expect(at('192.0.2.1', 3)).toBe('192.0.2.1');
    expect(at('6.6.6.6, unknown, 198.51.100.7', 2)).toBe('198.51.100.7');
    expect(at('6.6.6.6, , 198.51.100.7', 2)).toBe('198.51.100.7');
    expect(at('unknown', 1)).toBe('10.8.0.1');
    expect(client({ remote_addr: '192.0.2.5' }, { proxyHops: 2 })).toBe('192.0.2.5');
  });

  test('a network may be written as IPv4 in IPv6', () => {
    const config = { trustedProxies: ['::ffff:10.8.0.0/120'] };
    expect(client({ remote_addr: '10.8.0.1', http_x_forwarded_for: '192.0.2.1' }, config)).toBe('192.0.2.1');
    expect(client({ remote_addr: '10.8.1.1', http_x_forwarded_for: '192.0.2.1' }, config)).toBe('10.8.1.1');
  });
});

describe('Forwarded', () => {
  const forwarded = (http_forwarded: string): string =>
    client({ remote_addr: '10.8.0.1', http_forwarded }, { ...TRUSTED, addressFrom: ['forwarded'] });

  // the examples of RFC 7239, and what stands beside them
  test.each([
    ['for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60'],
    ['For="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
    ['proto=https;FOR="192.0.2.43:47011"', '192.0.2.43'],
    ['for=6.6.6.6, for=192.0.2.43', '192.0.2.43'],
    ['for=6.6.6.6, for=192.0.2.43, for="[2001:db8:1::1]"', '2001:db8:1::1'],
    ['for=192.0.2.43, for=10.8.0.2', '192.0.2.43'],
    ['for="192.0.2.43:_port"', '192.0.2.43'],
    ['for=192.0.2.43;host="a,for=6.6.6.6"', '192.0.2.43'],
    ['for=192.0.2.43;host="a\\",for=6.6.6.6;x=\\""', '192.0.2.43'],
    ['for="6.6.6.6, for=192.0.2.43', '192.0.2.43'],
    ['for=unknown', '10.8.0.1'],
    ['for=_hidden', '10.8.0.1'],
    ['for=192.0.2.43;for=6.6.6.6', '10.8.0.1'],
    ['by=192.0.2.43;proto=http', '10.8.0.1'],
    ['for="192.0.2.43', '10.8.0.1'],
    ['for=', '10.8.0.1'],
    ['192.0.2.43', '10.8.0.1'],
    ['for=192.0.2.43, for=_hidden, for=10.8.0.2', '10.8.0.2'],
  ])('%s', (text, expected) => {
    expect(forwarded(text)).toBe(expected);
  });
});
