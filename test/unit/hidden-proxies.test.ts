import { describe, expect, test } from 'vitest';
import { hiddenProxies } from '../../services/commands/hidden-proxies.ts';
import type { NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import { ingest } from '../support/ingest-events.ts';

const N = 200;
function look(request: (i: number) => Record<string, unknown>, config: Partial<NormaliseConfig> = {}) {
  const log = Array.from({ length: N }, (_, i) =>
    JSON.stringify({
      time: new Date(Date.UTC(2026, 10, 22, 9, 0, i)).toISOString(),
      request: 'GET /a HTTP/1.1',
      status: 200,
      ...request(i),
    }),
  );
  const guess = ingest(`${log.join('\n')}\n`, config).stage.describeGuess();
  return { guess, hidden: hiddenProxies(guess) };
}
const stranger = (i: number): string => `198.51.100.${i % 200}`;

describe('proxies that nobody named', () => {
  test('few peers that report others are proxies, and are named with the line to add', () => {
    const { hidden } = look((i) => ({ remote_addr: `10.8.0.${1 + (i % 3)}`, http_x_forwarded_for: stranger(i) }));
    expect(hidden?.proxies).toEqual(['10.8.0.1', '10.8.0.2', '10.8.0.3']);
    expect(hidden?.line).toBe('trusted_proxies: [ 10.8.0.1, 10.8.0.2, 10.8.0.3 ]');
    expect(hidden?.found).toContain('100 % of the requests');
  });

  test('also when only the requests without an account come by them', () => {
    const { hidden } = look((i) =>
      i % 2 === 0 ? { remote_addr: '2001:db8::1', http_x_real_ip: stranger(i) } : { remote_addr: stranger(i), remote_user: `u${i}` },
    );
    expect(hidden).toMatchObject({ proxies: ['2001:db8::1'], own: false, reported: true, line: 'trusted_proxies: [ "2001:db8::1" ]' });
    expect(hidden?.found).toContain('requests without an account');
  });

  test('one address of one’s own without reports may be one: that is a question', () => {
    expect(look(() => ({ remote_addr: '10.8.0.1' })).hidden).toMatchObject({ reported: false, own: true });
    expect(look(() => ({ remote_addr: '203.0.113.7' })).hidden).toBeUndefined();
  });

  test('nothing is said where the config names them, and what they report is counted as believed', () => {
    const { hidden, guess } = look((i) => ({ remote_addr: '10.8.0.1', http_x_forwarded_for: stranger(i) }), {
      trustedProxies: ['10.8.0.0/24'],
    });
    expect(hidden).toBeUndefined();
    expect(guess.clients.believed).toEqual([{ report: 'x_forwarded_for', events: N }]);
    expect(look((i) => ({ remote_addr: '10.8.0.1', http_x_forwarded_for: stranger(i) }), { proxyHops: 1 }).hidden).toBeUndefined();
  });

  test('many peers are clients, whatever they write into headers', () => {
    expect(look((i) => ({ remote_addr: stranger(i), http_x_forwarded_for: '10.0.0.1' })).hidden).toBeUndefined();
  });

  test('a report that repeats the peer, with or without its port, is no proxy’s', () => {
    const said = look((i) => ({ remote_addr: `203.0.113.${i % 4}:4000`, http_x_forwarded_for: `10.0.0.9, 203.0.113.${i % 4}` }));
    expect(said.guess.clients.peers.every(({ reported }) => reported === 0)).toBe(true);
    expect(said.hidden).toBeUndefined();
  });
});
