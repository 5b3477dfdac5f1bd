import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ListKind } from '../../schemas/config.ts';
import { FLAG } from '../../services/core/batch.ts';
import { WeirError } from '../../services/core/errors.ts';
import { parseListFile } from '../../services/ingest/addresses/address-list-file.ts';
import { expiredBy, loadAddressLists, versionWithLists } from '../../services/ingest/addresses/address-list-loader.ts';
import { AddressLists } from '../../services/ingest/addresses/address-lists.ts';
import { loadAddressTables } from '../../services/ingest/addresses/address-loader.ts';
import { AddressData, NO_ADDRESS_DATA } from '../../services/ingest/addresses/addresses.ts';
import { IpAddress, parseIp } from '../../services/ingest/addresses/ip-address.ts';
import { NETWORK_KIND } from '../../services/ingest/addresses/network-kinds.ts';
import { dayOf, NEVER, untilOf } from '../../services/ingest/addresses/network-table.ts';
import { crawlerOf } from '../../services/ingest/traits/crawlers.ts';
import { SourceTraits } from '../../services/ingest/traits/source-traits.ts';

const encoder = new TextEncoder();
const folder = mkdtempSync(join(tmpdir(), 'weir-lists-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function parse(text: string): IpAddress {
  const address = new IpAddress();
  const bytes = encoder.encode(text);
  parseIp(bytes, 0, bytes.length, address);
  return address;
}

const read = (text: string) => parseListFile(encoder.encode(text), 'threats.txt');
const until = (text: string, address: string) => untilOf(read(text).table, parse(address));

describe('a list’s file', () => {
  test('is a network a line, with comments', () => {
    const text = '# from the exchange\r\n203.0.113.0/24\r\n198.51.100.7 # one host\n192.0.2.0/25 ; as DROP writes it\n\n2001:db8::/32\n';
    const content = read(text);
    expect([content.networks, content.bad]).toEqual([4, 0]);
    expect(until(text, '203.0.113.9')).toBe(NEVER);
    expect(until(text, '198.51.100.7')).toBe(NEVER);
    expect(until(text, '198.51.100.8')).toBe(0);
    expect(until(text, '192.0.2.128')).toBe(0);
    expect(until(text, '2001:db8:1::1')).toBe(NEVER);
  });

  test('is CSV with the columns in any order', () => {
    const text = 'until,network,note\n2026-12-31,203.0.113.0/24,"scanner, seen twice"\n,198.51.100.0/24,\n';
    expect(read(text).bad).toBe(0);
    expect(until(text, '203.0.113.1')).toBe(dayOf('2026-12-31'));
    expect(until(text, '198.51.100.1')).toBe(NEVER);
  });

  test('is the JSON that search engines and clouds publish', () => {
    const google = JSON.stringify({
      creationTime: '2026-01-01',
      prefixes: [{ ipv6Prefix: '2001:db8:4860::/48' }, { ipv4Prefix: '192.0.2.64/27' }],
    });
    expect(until(google, '192.0.2.65')).toBe(NEVER);
    expect(until(google, '2001:db8:4860::9')).toBe(NEVER);
    const cloud = JSON.stringify({ prefixes: [{ ip_prefix: '198.51.100.0/24' }], ipv6_prefixes: [{ ipv6_prefix: '2001:db8:f000::/36' }] });
    expect(until(cloud, '198.51.100.1')).toBe(NEVER);
    expect(until(cloud, '2001:db8:f000::1')).toBe(NEVER);
  });

  test('keeps its good entries and counts the bad ones, with their lines', () => {
    const content = read('203.0.113.0/24\n10.0.0.1-10.0.0.9\n198.51.100.0/99\nexample.org\n192.0.2.1,2026-01-01\n');
    expect([content.networks, content.bad]).toEqual([1, 4]);
    expect(content.problems[0]).toBe("threats.txt line 2: '10.0.0.1-10.0.0.9' is no network; 203.0.113.0/24 or 2001:db8::/32 is");
    expect(read('network,until\n203.0.113.0/24,soon\n198.51.100.1,2026-02-30\n192.0.2.1,\n').problems).toEqual([
      "threats.txt line 2: 'soon' is no date; 2026-12-31 is",
      "threats.txt line 3: '2026-02-30' is no date; 2026-12-31 is",
    ]);
  });

  test.each([
    ['nothing in it is a network', '<html>\n<body>\n', /threats\.txt line 1: '<html>' is no network/],
    ['JSON that is cut off', '{"prefixes": [', /begins as JSON and is none/],
    ['JSON of something else', '{"items": []}', /`prefixes`/],
    ['too many', `${'1.0.0.0/8\n'.repeat(1_000_001)}`, /line 1000001: a list holds at most 1000000/],
  ])('is refused: %s', (_name, text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(WeirError);
  });

  test('may be empty: a list of threats can be', () => {
    expect(read('# nothing today\n').networks).toBe(0);
  });

  test('is loaded with its config; another content is another version, another order is not', async () => {
    const file = join(folder, 'partners.csv');
    const config = { shop: { lists: [{ name: 'partners', kind: 'partner' as const, file, until: '2027-01-01' }] } };
    writeFileSync(file, 'network,until\n203.0.113.0/24,2026-06-01\n198.51.100.0/24,\n');
    const [first] = await loadAddressLists(config);
    expect(untilOf(first.table, parse('203.0.113.1'))).toBe(dayOf('2026-06-01'));
    // the list's own end is the latest for all in it
    expect(untilOf(first.table, parse('198.51.100.1'))).toBe(dayOf('2027-01-01'));
    expect([
      expiredBy(first, Date.UTC(2026, 4, 31)),
      expiredBy(first, Date.UTC(2026, 5, 1)),
      expiredBy(first, Date.UTC(2027, 0, 1)),
    ]).toEqual([0, 1, 2]);
    writeFileSync(file, '# sorted\nnetwork,until,note\n198.51.100.0/24,,\n203.0.113.0/24,2026-06-01,x\n');
    const [second] = await loadAddressLists(config);
    expect(versionWithLists('abc', [second])).toBe(versionWithLists('abc', [first]));
    writeFileSync(file, '198.51.100.0/24\n');
    const [third] = await loadAddressLists(config);
    expect(versionWithLists('abc', [third])).not.toBe(versionWithLists('abc', [first]));
    const inline = { shop: { lists: [{ name: 'own', kind: 'own' as const, networks: ['203.0.113.0/24'] }] } };
    expect(versionWithLists('abc', await loadAddressLists(inline))).toBe('abc');
    await expect(loadAddressLists({ shop: { lists: [{ name: 'x', kind: 'own', file: join(folder, 'none') }] } })).rejects.toThrow(
      /list x of tenant shop: .*none does not exist/,
    );
  });
});

describe('kinds of networks', () => {
  test('of well-known companies, of names that say so, else none', async () => {
    const data = new AddressData(await loadAddressTables());
    const kind = (text: string) => data.kind(parse(text), data.asn(parse(text)));
    expect(kind('3.5.140.1')).toBe(NETWORK_KIND.hosting);
    expect(kind('172.56.1.1')).toBe(NETWORK_KIND.mobile);
    expect(kind('66.249.66.1')).toBe(NETWORK_KIND.unknown);
    expect(kind('1.1.1.1')).toBe(NETWORK_KIND.unknown);
    expect(kind('10.0.0.1')).toBe(NETWORK_KIND.unknown);
  });

  test('the operator’s column wins, the organisation’s name helps', async () => {
    const csv = join(folder, 'geo.csv');
    writeFileSync(
      csv,
      'prefix,country,asn,organisation,kind\n203.0.113.0/24,DE,64500,Anything,hosting\n198.51.100.0/24,DE,64501,Some Cellular Inc.,\n192.0.2.0/24,US,14061,,isp\n192.0.3.0/24,US,14061,,\n',
    );
    const data = new AddressData(await loadAddressTables({ csv }));
    const kind = (text: string) => data.kind(parse(text), data.asn(parse(text)));
    expect(kind('203.0.113.1')).toBe(NETWORK_KIND.hosting);
    expect(kind('198.51.100.1')).toBe(NETWORK_KIND.mobile);
    expect(kind('192.0.2.1')).toBe(NETWORK_KIND.isp);
    expect(kind('192.0.3.1')).toBe(NETWORK_KIND.hosting);
    writeFileSync(csv, 'prefix,country,kind\n203.0.113.0/24,DE,moon\n');
    await expect(loadAddressTables({ csv })).rejects.toThrow(/line 2: 'moon' is no kind of network; unknown, hosting/);
  });
});

describe('crawlers', () => {
  const google = crawlerOf('Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)');
  const bing = crawlerOf('Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)');
  const table = parseListFile(encoder.encode('192.0.2.0/24\n'), 'x').table;

  /** Flags of an event from an address by an agent, with lists given as name, kind and day of their end. */
  function flags(lists: [string, ListKind, number][], address: string, crawler: number, asn: number, day = 20_000): number {
    const traits = new SourceTraits(new AddressLists(lists.map(([name, kind, until]) => ({ name, kind, table, until }))), NO_ADDRESS_DATA);
    traits.enter(0, parse(address), asn, false);
    return traits.flags(0, day * 86_400_000, crawler, asn) & (FLAG.crawler | FLAG.fakeCrawler);
  }

  test('in its company’s list is verified, outside it fake, whatever the network', () => {
    expect(flags([['googlebot', 'crawler', NEVER]], '192.0.2.1', google, 0)).toBe(FLAG.crawler);
    expect(flags([['googlebot', 'crawler', NEVER]], '198.51.100.1', google, 15169)).toBe(FLAG.fakeCrawler);
  });

  test('another company’s list says nothing of it', () => {
    expect(flags([['googlebot', 'crawler', NEVER]], '192.0.2.1', bing, 0)).toBe(0);
    expect(flags([['googlebot', 'crawler', NEVER]], '198.51.100.1', bing, 0)).toBe(0);
  });

  test('a list for all verifies and does not refute', () => {
    expect(flags([['robots', 'crawler', NEVER]], '192.0.2.1', bing, 0)).toBe(FLAG.crawler);
    expect(flags([['robots', 'crawler', NEVER]], '198.51.100.1', bing, 8075)).toBe(0);
  });

  test('without a list its network can refute it, and prove nothing', () => {
    expect(flags([], '192.0.2.1', google, 64500)).toBe(FLAG.fakeCrawler);
    expect(flags([], '192.0.2.1', google, 15169)).toBe(0);
    expect(flags([], '192.0.2.1', google, 0)).toBe(0);
    expect(flags([], '192.0.2.1', 0, 64500)).toBe(0);
  });

  test('a list that has ended refutes nothing', () => {
    expect(flags([['googlebot', 'crawler', 19_000]], '198.51.100.1', google, 15169)).toBe(0);
    expect(flags([['googlebot', 'crawler', 19_000]], '198.51.100.1', google, 15169, 18_999)).toBe(FLAG.fakeCrawler);
  });

  test('from own addresses, and from partners’, it is a test', () => {
    expect(flags([['office', 'own', NEVER]], '192.0.2.1', google, 64500)).toBe(0);
    expect(flags([['office', 'partner', NEVER]], '192.0.2.1', google, 64500)).toBe(0);
    expect(flags([['office', 'threat', NEVER]], '192.0.2.1', google, 64500)).toBe(FLAG.fakeCrawler);
  });
});
