import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ADDRESS_FIELDS } from '../../schemas/config.ts';
import type { NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import { ingest } from '../support/ingest-events.ts';

type Report = (typeof ADDRESS_FIELDS)[number];

/** Where proxies stand; nobody else has these addresses. */
const TRUSTED = ['10.8.0.0/24', '172.16.9.7', '2001:db8:aaaa::/48'];
const proxyAddress = fc.oneof(
  fc.integer({ min: 1, max: 254 }).map((host) => `10.8.0.${host}`),
  fc.constant('172.16.9.7'),
  fc.integer({ min: 1, max: 0xffff }).map((host) => `2001:db8:aaaa::${host.toString(16)}`),
);
/** Clients and foreign proxies: public, private and IPv6, none of them trusted; as the event writes them. */
const strangerAddress = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 254 }), fc.integer({ min: 1, max: 254 })).map(([a, b]) => `203.0.${a}.${b}`),
  fc.integer({ min: 1, max: 254 }).map((host) => `10.9.0.${host}`),
  fc.integer({ min: 1, max: 254 }).map((host) => `192.168.1.${host}`),
  fc
    .tuple(fc.integer({ min: 1, max: 0xffff }), fc.integer({ min: 1, max: 0xffff }))
    .map(([a, b]) => `2a00:${a.toString(16)}::${b.toString(16)}`),
);

/** How a hop's address is written by a proxy that means no harm. */
const dressed = (address: string) => {
  const isV6 = address.includes(':');
  const bare = isV6 ? [address, address.toUpperCase()] : [address, `::ffff:${address}`];
  const withPort = isV6 ? [`[${address}]:4711`, `[${address}]`] : [`${address}:65000`];
  return fc.record({
    text: fc.constantFrom(...bare, ...withPort),
    before: fc.constantFrom('', ' ', '  ', '\t'),
    after: fc.constantFrom('', ' ', '\t'),
  });
};
type Dressed = { text: string; before: string; after: string };

/** What an attacker writes in front. */
const lie = fc.oneof(
  { weight: 4, arbitrary: strangerAddress },
  { weight: 4, arbitrary: proxyAddress },
  { weight: 2, arbitrary: fc.constantFrom('127.0.0.1', '10.0.0.1', '::1', '[::1]:80', '169.254.169.254', '8.8.8.8:99999', 'fe80::1%eth0') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '\u0007',
      'unknown',
      '_hidden',
      '-',
      'null',
      '"',
      '"10.8.0.1',
      'for=10.8.0.1',
      'for="',
      '\\"',
      ';',
      ',,,',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '010.8.0.1',
      '0x0a080001',
      '168296449',
      '10.8.1',
      '10.8.0.1.',
      '10.8.0.256',
      '10.8.0.1:',
      '[10.8.0.1',
      '１0.8.0.1',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.constantFrom('9'.repeat(10_000), '10.8.0.1,'.repeat(1200), '"'.repeat(501)) },
);

const journey = fc
  .record({
    client: strangerAddress,
    foreign: fc.option(strangerAddress, { nil: undefined, freq: 3 }),
    proxies: fc.array(proxyAddress, { maxLength: 3 }),
    lies: fc.array(lie, { maxLength: 5 }),
    lines: fc.boolean(),
    decoration: fc.constantFrom('', ';proto=https', ';by=_gw;host="a,b;c"', ';secret=_x'),
    name: fc.constantFrom('for', 'For', 'FOR'),
  })
  .chain((way) => {
    const hops = [way.client, ...(way.foreign === undefined ? [] : [way.foreign]), ...way.proxies];
    return fc.tuple(...hops.map(dressed)).map((texts) => ({ ...way, texts: texts as Dressed[] }));
  });
type Journey = typeof journey extends fc.Arbitrary<infer T> ? T : never;

const isList = (report: Report) => report === 'x_forwarded_for' || report === 'forwarded';

/**
 * What arrives: each proxy appends whom it saw (lists), or the outermost of ours overwrites (single values). The actor is
 * who reached the outermost proxy of ours: further out nobody of ours has looked.
 */
function arrival(way: Journey, report: Report): { peer: string; lines: string[]; actor: string; appended: number } {
  const hops = [way.client, ...(way.foreign === undefined ? [] : [way.foreign]), ...way.proxies];
  const outside = way.foreign === undefined ? 0 : 1;
  const actor = hops[outside];
  const peer = way.texts[hops.length - 1].text;
  if (!isList(report)) {
    const { before, text, after } = way.texts[outside];
    return { peer, lines: way.proxies.length === 0 ? [way.lies.join(', ')] : [before + text + after], actor, appended: 1 };
  }
  const entries = way.texts.slice(0, -1).map(({ before, text, after }) => {
    const value = report === 'forwarded' ? `${way.name}=${/[:[]/.test(text) ? `"${text}"` : text}${way.decoration}` : text;
    return before + value + after;
  });
  const lies = way.lies.length === 0 ? [] : way.lines ? way.lies : [way.lies.join(',')];
  const lines = way.lines || lies.length === 0 ? [...lies, ...entries] : [[...lies, ...entries].join(',')];
  return { peer, lines, actor, appended: way.proxies.length };
}

/** Log lines of a format that has the header; undefined where it cannot. */
type Writer = (peer: string, report: Report, lines: readonly string[], lie: string) => string;
const variable = (report: Report) =>
  ({
    x_forwarded_for: 'http_x_forwarded_for',
    forwarded: 'http_forwarded',
    x_real_ip: 'http_x_real_ip',
    cf_connecting_ip: 'http_cf_connecting_ip',
    true_client_ip: 'http_true_client_ip',
    proxy_protocol_addr: 'proxy_protocol_addr',
  })[report];
/** What the client writes into all other reports, which nobody of ours sets or reads. */
const others = (report: Report, lie: string, named: (report: Report) => string): Record<string, string> =>
  Object.fromEntries(ADDRESS_FIELDS.filter((other) => other !== report).map((other) => [named(other), lie]));
const header = (report: Report) => (report === 'forwarded' ? 'forwarded' : report.replaceAll('_', '-'));

const WRITERS: Record<string, { knows: readonly Report[]; config?: (report: Report) => Partial<NormaliseConfig>; write: Writer }> = {
  'nginx-json': {
    knows: ADDRESS_FIELDS,
    write: (peer, report, lines, lie) =>
      JSON.stringify({
        msec: 1795000000.5,
        remote_addr: peer,
        request: 'GET /a HTTP/1.1',
        status: 200,
        ...others(report, lie, variable),
        [variable(report)]: lines.join(', '),
      }),
  },
  kong: {
    knows: ADDRESS_FIELDS.filter((report) => report !== 'proxy_protocol_addr'),
    write: (peer, report, lines, lie) =>
      JSON.stringify({
        started_at: 1795000000500,
        latencies: { request: 3 },
        client_ip: peer,
        request: {
          method: 'GET',
          uri: '/a',
          headers: { host: 'a', ...others(report, lie, header), [header(report)]: lines.length === 1 ? lines[0] : lines },
        },
        response: { status: 200 },
      }),
  },
  apisix: {
    knows: ADDRESS_FIELDS.filter((report) => report !== 'proxy_protocol_addr'),
    write: (peer, report, lines, lie) =>
      JSON.stringify({
        start_time: 1795000000500,
        latency: 3,
        client_ip: peer,
        request: { method: 'GET', uri: '/a', headers: { host: 'a', ...others(report, lie, header), [header(report)]: lines.join(', ') } },
        response: { status: 200 },
      }),
  },
  nginx: {
    knows: ADDRESS_FIELDS,
    config: (report) => ({ pattern: `$remote_addr [$time_local] "$request" $status "$${variable(report)}" end` }),
    write: (peer, report, lines) => {
      const escaped = lines.join(', ').replace(/["\\\p{Cc}]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
      return `${peer} [22/Nov/2026:09:00:00 +0000] "GET /a HTTP/1.1" 200 "${escaped || '-'}" end`;
    },
  },
  'envoy-json': {
    knows: ADDRESS_FIELDS.filter((report) => report !== 'proxy_protocol_addr'),
    write: (peer, report, lines, lie) =>
      JSON.stringify({
        start_time: '2026-11-22T09:00:00.000Z',
        duration: 3,
        downstream_remote_address: peer.includes(':') && !peer.includes('.') && !peer.startsWith('[') ? `[${peer}]:50123` : peer,
        method: 'GET',
        path: '/a',
        authority: 'a',
        response_code: 200,
        ...others(report, lie, header),
        [header(report)]: lines.join(','),
      }),
  },
};

function check(format: keyof typeof WRITERS, report: Report, config: Partial<NormaliseConfig>, ways: readonly Journey[]): void {
  const arrivals = ways.map((way) => arrival(way, report));
  const log = arrivals.map(({ peer, lines }, i) => WRITERS[format].write(peer, report, lines, ways[i].lies[0] ?? '10.8.0.1')).join('\n');
  const { events, dead } = ingest(`${log}\n`, {
    format: format as NormaliseConfig['format'],
    addressFrom: [report],
    ...WRITERS[format].config?.(report),
    ...config,
  });
  expect(dead).toEqual([]);
  expect(events.map(({ address }) => address)).toEqual(arrivals.map(({ actor }) => actor));
}

describe.each(ADDRESS_FIELDS)('a spoofed %s names nobody else', (report) => {
  const formats = Object.keys(WRITERS).filter((name) => WRITERS[name].knows.includes(report));

  test.each(formats)('trusted_proxies, %s', (format) => {
    fc.assert(
      fc.property(fc.array(journey, { minLength: 40, maxLength: 80 }), (ways) => {
        check(format, report, { trustedProxies: TRUSTED }, ways);
      }),
      { numRuns: 6 },
    );
  });

  test.each(formats)('proxy_hops, %s', (format) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(journey, { minLength: 40, maxLength: 80 }), (hops, ways) => {
        // as many of ours as the config says, wherever they are
        const fixed = ways.filter(({ proxies }) => proxies.length === hops);
        check(format, report, { proxyHops: hops }, fixed);
      }),
      { numRuns: 6 },
    );
  });

  test('trusted_proxies and proxy_hops at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(journey, { minLength: 40, maxLength: 80 }), (hops, ways) => {
        const fixed = ways.filter(({ proxies }) => proxies.length === hops);
        check('nginx-json', report, { trustedProxies: TRUSTED, proxyHops: hops }, fixed);
        // who goes round the proxies is its own peer, whatever it writes
        const alone = ways.filter(({ proxies, foreign }) => proxies.length === 0 && foreign === undefined);
        check('nginx-json', report, { trustedProxies: TRUSTED, proxyHops: hops }, alone);
      }),
      { numRuns: 3 },
    );
  });

  test('nobody is trusted: the peer', () => {
    fc.assert(
      fc.property(fc.array(journey, { minLength: 20, maxLength: 40 }), (ways) => {
        const log = ways.map((way) => WRITERS['nginx-json'].write(way.client, report, way.lies, way.lies[0] ?? '10.8.0.1')).join('\n');
        const { events } = ingest(`${log}\n`, { addressFrom: [report] });
        expect(events.map(({ address }) => address)).toEqual(ways.map(({ client }) => client));
      }),
      { numRuns: 3 },
    );
  });
});
