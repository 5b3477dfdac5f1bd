import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WeirError } from '../../services/core/errors.ts';
import { AddressBook, FACT } from '../../services/ingest/addresses/address-book.ts';
import { loadAddressTables } from '../../services/ingest/addresses/address-loader.ts';
import { AddressData } from '../../services/ingest/addresses/addresses.ts';
import { IpAddress, ipText, NetworkList, parseIp, prefixHash } from '../../services/ingest/addresses/ip-address.ts';
import { Workspace } from '../../services/ingest/records/workspace.ts';
import { ingest } from '../support/ingest-events.ts';

const encoder = new TextEncoder();

function parse(text: string): IpAddress | undefined {
  const address = new IpAddress();
  const bytes = encoder.encode(text);
  return parseIp(bytes, 0, bytes.length, address) ? address : undefined;
}

const canonical = (text: string): string | undefined => {
  const address = parse(text);
  return address === undefined ? undefined : ipText(address);
};

describe('addresses', () => {
  test('are those of node:net, IPv4 and IPv6', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{2,20}$/)), (text) => {
        expect(parse(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      { numRuns: 3000 },
    );
  });

  test('have one canonical text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const once = canonical(text) as string;
        expect(canonical(once)).toBe(once);
        expect(canonical(text.toUpperCase())).toBe(once);
        const url = new URL(`http://${isIP(once) === 6 ? `[${once}]` : once}/`).hostname.replace(/^\[|\]$/g, '');
        expect(once).toBe(url);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:C000:207', '192.0.2.7'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
  ])('%s is %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  test.each([
    '010.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.4 ',
    ':::',
    '1::2::3',
    '12345::',
    'unknown',
    'localhost',
    '',
    '1',
    '::ffff:1.2.3',
  ])('%j is no address', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  test('neighbours share a prefix, others do not', () => {
    const hash = (text: string) => prefixHash(parse(text) as IpAddress);
    expect(hash('203.0.113.1')).toBe(hash('203.0.113.250'));
    expect(hash('203.0.113.1')).not.toBe(hash('203.0.112.1'));
    expect(hash('2001:db8:1:2::1')).toBe(hash('2001:db8:1:ffff::9'));
    expect(hash('2001:db8:1::1')).not.toBe(hash('2001:db8:2::1'));
  });

  test('networks hold what their bits say', () => {
    const list = new NetworkList(['10.8.0.0/24', '2001:db8::/33', '192.0.2.1', '0.0.0.0/32']);
    const has = (text: string) => list.has(parse(text) as IpAddress);
    expect([
      has('10.8.0.255'),
      has('10.8.1.0'),
      has('2001:db8:7fff::1'),
      has('2001:db8:8000::1'),
      has('192.0.2.1'),
      has('192.0.2.2'),
      has('::ffff:10.8.0.1'),
    ]).toEqual([true, false, true, false, true, false, true]);
    expect(() => new NetworkList(['10.0.0.0/33'])).toThrow(/10\.0\.0\.0\/33/);
  });
});

describe('the client behind proxies', () => {
  const TRUSTED = ['10.8.0.0/24', '2001:db8:aaaa::/48'];
  /** Who the client is, by line of peer and X-Forwarded-For; undefined where the peer is nobody. */
  function clients(lines: readonly (readonly [peer: string, forwarded: string])[]): (string | undefined)[] {
    const log = lines.map(([remote_addr, http_x_forwarded_for]) =>
      JSON.stringify({ time: '2026-11-22T09:00:00Z', remote_addr, http_x_forwarded_for, request: 'GET / HTTP/1.1', status: 200 }),
    );
    const { events, dead } = ingest(`${log.join('\n')}\n`, { trustedProxies: TRUSTED });
    expect(events.length + dead.length).toBe(lines.length);
    const nobody = new Set(dead.map(({ line }) => line - 1));
    const found = events.values();
    return lines.map((_, i) => (nobody.has(i) ? undefined : found.next().value?.address));
  }
  const client = (peer: string, forwarded: string): string | undefined => clients([[peer, forwarded]])[0];

  const cases: [string, string, string, string][] = [
    ['the peer wins when it is no trusted proxy', '203.0.113.5', '192.0.2.1', '203.0.113.5'],
    ['one proxy: its appended address', '10.8.0.1', '192.0.2.1', '192.0.2.1'],
    ['what the client itself wrote is not believed', '10.8.0.1', '1.1.1.1, 192.0.2.1', '192.0.2.1'],
    ['two proxies', '10.8.0.1', '1.1.1.1, 192.0.2.1, 10.8.0.2', '192.0.2.1'],
    ['all trusted: the first', '10.8.0.1', '10.8.0.3, 10.8.0.2', '10.8.0.3'],
    ['no list', '10.8.0.1', '', '10.8.0.1'],
    ['ports, brackets, spaces and quotes are taken off', '10.8.0.1:443', ' "[2001:db8::5]:8080" ', '2001:db8::5'],
    ['IPv4 with a port', '10.8.0.1', '192.0.2.1:55001', '192.0.2.1'],
    ['an IPv4-mapped peer is its IPv4 address', '::ffff:10.8.0.1', '192.0.2.1', '192.0.2.1'],
    ['junk ends the walk at who reported it', '10.8.0.1', '192.0.2.1, unknown, 10.8.0.2', '10.8.0.2'],
    ['an empty hop is junk', '10.8.0.1', '192.0.2.1,,10.8.0.2', '10.8.0.2'],
  ];
  test.each(cases)('%s', (_name, peer, forwarded, expected) => {
    expect(client(peer, forwarded)).toBe(expected);
  });

  test.each(['unknown', '1.2.3', '[::1', '1.2.3.4:http'])('a peer that is %j is nobody', (peer) => {
    expect(client(peer, '192.0.2.1')).toBeUndefined();
  });

  test('equals the walk written plainly', () => {
    const hop = fc.oneof(fc.constantFrom('10.8.0.1', '10.8.0.2', '10.8.0.77', 'unknown', '_hidden'), fc.ipV4(), fc.ipV6());
    const trusted = new NetworkList(TRUSTED);
    const walk = (peer: string, hops: readonly string[]): string | undefined => {
      let actor = canonical(peer);
      for (const next of [...hops].reverse()) {
        if (actor === undefined || !trusted.has(parse(actor) as IpAddress) || canonical(next) === undefined) break;
        actor = canonical(next);
      }
      return actor;
    };
    const line = fc.tuple(hop, fc.array(hop, { maxLength: 6 }));
    fc.assert(
      fc.property(fc.array(line, { minLength: 100, maxLength: 200 }), (lines) => {
        expect(clients(lines.map(([peer, hops]) => [peer, hops.join(', ')]))).toEqual(lines.map(([peer, hops]) => walk(peer, hops)));
      }),
      { numRuns: 10 },
    );
  });
});

describe('address data', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-addresses-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const look = (data: AddressData, text: string): [string, number] => {
    const address = parse(text) as IpAddress;
    const country = data.country(address);
    return [country === 0 ? '' : String.fromCharCode(country >> 8, country & 255), data.asn(address)];
  };

  test('the packaged databases know well-known addresses', async () => {
    const data = new AddressData(await loadAddressTables());
    expect(look(data, '8.8.8.8')).toEqual(['US', 15169]);
    expect(look(data, '1.1.1.1')[1]).toBe(13335);
    expect(look(data, '2001:4860:4860::8888')).toEqual(['US', 15169]);
    expect(look(data, '114.114.114.114')[0]).toBe('CN');
    expect(look(data, '10.0.0.1')).toEqual(['', 0]);
    expect(look(data, '2001:db8::1')[1]).toBe(0);
  });

  test('the operator’s CSV wins; narrower prefixes within wider ones', async () => {
    const path = join(folder, 'geo.csv');
    writeFileSync(
      path,
      'prefix,country,region,asn,organisation\n203.0.0.0/8,DE,,64500,"Wide, Inc."\n203.0.113.0/24,FR,Paris,64501,Narrow\n203.0.113.128/25,,,64502,Narrower\n2001:db8::/32,NL,,AS64503,Six\n255.255.255.255,US,,1,Last\n',
    );
    const data = new AddressData(await loadAddressTables({ csv: path }));
    expect(look(data, '203.1.1.1')).toEqual(['DE', 64500]);
    expect(look(data, '203.0.113.5')).toEqual(['FR', 64501]);
    expect(look(data, '203.0.113.200')).toEqual(['FR', 64502]);
    expect(look(data, '203.0.114.0')).toEqual(['DE', 64500]);
    expect(look(data, '204.0.0.0')).toEqual(['', 0]);
    expect(look(data, '2001:db8:5::1')).toEqual(['NL', 64503]);
    expect(look(data, '2001:db9::')).toEqual(['', 0]);
    expect(look(data, '255.255.255.255')).toEqual(['US', 1]);
  });

  test('nested prefixes give what the narrowest that speaks says', async () => {
    const prefix = fc.record({
      base: fc.ipV4(),
      bits: fc.integer({ min: 1, max: 32 }),
      country: fc.constantFrom('', 'DE', 'FR', 'US'),
      asn: fc.integer({ min: 0, max: 5 }),
    });
    const path = join(folder, 'many.csv');
    await fc.assert(
      fc.asyncProperty(
        fc.array(prefix, { minLength: 1, maxLength: 12 }),
        fc.array(fc.ipV4(), { minLength: 5, maxLength: 20 }),
        async (prefixes, probes) => {
          const word = (text: string) => (parse(text) as IpAddress).words[3];
          const distinct = new Map(prefixes.map((each) => [`${(word(each.base) >>> (32 - each.bits)) >>> 0}/${each.bits}`, each]));
          writeFileSync(
            path,
            `prefix,country,asn\n${[...distinct.values()].map((each) => `${each.base}/${each.bits},${each.country},${each.asn || ''}`).join('\n')}\n`,
          );
          const data = new AddressData(await loadAddressTables({ csv: path }));
          for (const probe of [...probes, ...prefixes.map((each) => each.base)]) {
            const inside = [...distinct.values()]
              .filter((each) => (word(each.base) ^ word(probe)) >>> (32 - each.bits) === 0)
              .sort((a, b) => b.bits - a.bits);
            expect(look(data, probe)).toEqual([
              inside.find((each) => each.country !== '')?.country ?? '',
              inside.find((each) => each.asn > 0)?.asn ?? 0,
            ]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    ['no header', '203.0.113.0/24,DE\n', /line 1/],
    ['a bad prefix', 'prefix,country\n203.0.113.0/99,DE\n', /line 2.*203\.0\.113\.0\/99/],
    ['a bad country', 'prefix,country\n203.0.113.0/24,Germany\n', /line 2.*Germany/],
  ])('%s is an error that names the line', async (_name, text, message) => {
    const path = join(folder, 'bad.csv');
    writeFileSync(path, text);
    await expect(loadAddressTables({ csv: path })).rejects.toThrow(message);
    await expect(loadAddressTables({ csv: path })).rejects.toBeInstanceOf(WeirError);
  });

  test('an address is looked up once, internal ones have no country', async () => {
    const data = new AddressData(await loadAddressTables());
    const book = new AddressBook({ internal: new NetworkList(['8.8.8.0/24']), trusted: new NetworkList([]), data, partitions: 4, seed: 1 });
    const workspace = new Workspace();
    const bytes = encoder.encode('8.8.8.8 8.8.4.4');
    workspace.load(bytes);
    const internal = book.find(workspace, 0, 7);
    const external = book.find(workspace, 8, 15);
    expect(book.fact(internal, FACT.country)).toBe(0);
    expect(book.fact(external, FACT.asn)).toBe(15169);
    expect(book.find(workspace, 0, 7)).toBe(internal);
  });
});
