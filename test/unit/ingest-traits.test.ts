import { describe, expect, test } from 'vitest';
import type { ListKind } from '../../schemas/config.ts';
import { FLAG, TRAITS } from '../../services/core/batch.ts';
import { parseListFile } from '../../services/ingest/addresses/address-list-file.ts';
import { AddressLists } from '../../services/ingest/addresses/address-lists.ts';
import { loadAddressTables } from '../../services/ingest/addresses/address-loader.ts';
import { AddressData, NO_ADDRESS_DATA } from '../../services/ingest/addresses/addresses.ts';
import { NEVER } from '../../services/ingest/addresses/network-table.ts';
import { ingest } from '../support/ingest-events.ts';

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36';
const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

function line(fields: Record<string, unknown>): string {
  return JSON.stringify({
    time_iso8601: '2026-03-02T10:00:00+00:00',
    remote_addr: '203.0.113.9',
    host: 'a.example',
    request: 'GET /x HTTP/1.1',
    status: 200,
    http_user_agent: CHROME,
    ...fields,
  });
}

/** Lists given as kind and text of the file, by name. */
function listsOf(lists: Record<string, [ListKind, string]>): AddressLists {
  return new AddressLists(
    Object.entries(lists).map(([name, [kind, text]]) => ({
      name,
      kind,
      until: NEVER,
      table: parseListFile(new TextEncoder().encode(text), name).table,
    })),
  );
}

const named = (flags: number): string[] => Object.entries(FLAG).flatMap(([name, bit]) => ((flags & bit) !== 0 ? [name] : []));

describe('an event says of its address', () => {
  const lists = listsOf({
    office: ['own', '192.0.2.0/24\n'],
    jump: ['bastion', '10.0.0.7\n'],
    exchange: ['threat', 'network,until\n203.0.113.0/24,2026-03-02\n198.51.100.0/24,2026-03-03\n'],
  });
  const flagsOf = (address: string, more: Record<string, unknown> = {}, addresses = NO_ADDRESS_DATA): string[] =>
    named(ingest(`${line({ remote_addr: address, ...more })}\n`, {}, { addresses, lists }).events[0].flags);

  test('which lists have it on its day', () => {
    expect(flagsOf('203.0.113.9')).toEqual(['anonymous']);
    expect(flagsOf('203.0.113.9', { time_iso8601: '2026-03-01T23:59:59+00:00' })).toEqual(['anonymous', 'threat']);
    expect(flagsOf('198.51.100.1')).toEqual(['anonymous', 'threat']);
  });

  test('that own addresses and bastions are within', () => {
    expect(flagsOf('192.0.2.1')).toEqual(['anonymous', 'internalSource', 'own']);
    expect(flagsOf('10.0.0.7')).toEqual(['anonymous', 'internalSource', 'bastion']);
    expect(flagsOf('10.0.0.8')).toEqual(['anonymous', 'internalSource']);
  });

  test('what kind of network it is in', async () => {
    const data = new AddressData(await loadAddressTables());
    expect(flagsOf('3.5.140.1', {}, data)).toEqual(['anonymous', 'hosting']);
    expect(flagsOf('172.56.1.1', {}, data)).toEqual(['anonymous', 'mobile']);
    // a robot from Google's own network may be Google's; from another it is not, and no longer excused as a robot
    expect(flagsOf('66.249.66.1', { http_user_agent: GOOGLEBOT }, data)).toEqual(['anonymous', 'robot']);
    expect(flagsOf('3.5.140.1', { http_user_agent: GOOGLEBOT }, data)).toEqual(['anonymous', 'hosting', 'fakeCrawler']);
    expect(flagsOf('3.5.140.1', { http_user_agent: 'curl/8.4.0' }, data)).toEqual(['anonymous', 'robot', 'hosting']);
  });

  test('nothing where the log has no address', () => {
    const { events } = ingest(
      `${line({ remote_addr: undefined, http_user_agent: GOOGLEBOT })}\n`,
      {},
      { addresses: NO_ADDRESS_DATA, lists },
    );
    expect(events[0].flags & TRAITS).toBe(0);
  });

  test('the same where addresses are stored hashed', () => {
    const { events } = ingest(`${line({ remote_addr: '198.51.100.1' })}\n`, { plain: [] }, { addresses: NO_ADDRESS_DATA, lists });
    expect(events[0].address).toMatch(/^[0-9a-f]{16}$/);
    expect(named(events[0].flags)).toContain('threat');
  });

  test('hosts of flows too', () => {
    const conn = JSON.stringify({
      ts: Date.UTC(2026, 2, 2) / 1000,
      'id.orig_h': '198.51.100.1',
      'id.orig_p': 40_000,
      'id.resp_h': '10.0.0.5',
      'id.resp_p': 22,
      proto: 'tcp',
      duration: 1,
      orig_bytes: 1,
      resp_bytes: 1,
      conn_state: 'SF',
    });
    const { events } = ingest(`${conn}\n`, { format: 'zeek-conn' }, { addresses: NO_ADDRESS_DATA, lists });
    expect(named(events[0].flags)).toEqual(['flow', 'internalTarget', 'threat']);
  });
});

describe('a device', () => {
  const deviceOf = (fields: Record<string, unknown>): number => ingest(`${line(fields)}\n`).events[0].device;
  const plain = deviceOf({});
  const JA4 = 't13d1516h2_8daaf6152771_e5627efa2ab1';

  test('is told apart by the ciphers of its TLS handshake', () => {
    const known = deviceOf({ ja4: JA4 });
    expect(known).not.toBe(plain);
    expect(deviceOf({ http_cf_ja4: JA4 })).toBe(known);
    // another connection of the same browser: QUIC, no name, other extensions
    expect(deviceOf({ ja4: 'q13i1514h3_8daaf6152771_02713d6af862' })).toBe(known);
    expect(deviceOf({ ja4: 't13d3112h1_002f,0035_0000' })).not.toBe(known);
  });

  test('by a JA3 in full, whatever the order of its extensions', () => {
    const known = deviceOf({ ssl_ja3: '771,4865-4866-4867,0-23-65281-10-11,29-23-24,0' });
    expect(known).not.toBe(plain);
    expect(deviceOf({ ssl_ja3: '771,4865-4866-4867,65281-11-0-10-23,29-23-24,0' })).toBe(known);
    expect(deviceOf({ ssl_ja3: '771,49195-49199,0-23,29-23,0' })).not.toBe(known);
  });

  test('by the hash of a JA3 where it is no browser: browsers give another at each connection', () => {
    expect(deviceOf({ ja3_hash: 'cd08e31494f9531f560d64c695473da9' })).toBe(plain);
    const curl = { http_user_agent: 'curl/8.4.0' };
    expect(deviceOf({ ...curl, ja3_hash: 'cd08e31494f9531f560d64c695473da9' })).not.toBe(deviceOf(curl));
  });

  test('by its handshake alone where there is no agent', () => {
    const nameless = { http_user_agent: undefined };
    expect(deviceOf(nameless)).toBe(0);
    expect(deviceOf({ ...nameless, ja4: JA4 })).not.toBe(0);
  });

  test.each(['', '-', 'x', 'not-a-fingerprint', '_', 't13d1516h2'])('and not by what is none: %j', (ja4) => {
    expect(deviceOf({ ja4 })).toBe(plain);
  });
});
