import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIST_KINDS, type ListKind } from '../../schemas/config.ts';
import { FLAG, TRAITS } from '../../services/core/batch.ts';
import { parseListFile } from '../../services/ingest/addresses/address-list-file.ts';
import { AddressLists } from '../../services/ingest/addresses/address-lists.ts';
import { NO_ADDRESS_DATA } from '../../services/ingest/addresses/addresses.ts';
import { IpAddress, NetworkList, parseIp } from '../../services/ingest/addresses/ip-address.ts';
import {
  dayOf,
  NEVER,
  NetworkTableBuilder,
  packNetworkTable,
  unpackNetworkTable,
  untilOf,
} from '../../services/ingest/addresses/network-table.ts';
import { SourceTraits } from '../../services/ingest/traits/source-traits.ts';

const encoder = new TextEncoder();

function parse(text: string): IpAddress {
  const address = new IpAddress();
  const bytes = encoder.encode(text);
  expect(parseIp(bytes, 0, bytes.length, address)).toBe(true);
  return address;
}

// few bases, so that networks nest, repeat and touch each other; the ends of the space are among them
const v4 = fc.oneof(
  fc.constantFrom('0.0.0.0', '255.255.255.255', '203.0.113.0', '203.0.113.128', '203.0.114.0', '203.0.113.129'),
  fc.ipV4(),
);
const v6 = fc.oneof(
  fc.constantFrom('::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8::', '2001:db8::1', '2001:db8:0:0:8000::', '2001:db8:0:1::'),
  fc.ipV6().filter((text) => !text.includes('.')),
);
const network = fc.oneof(
  fc.record({ base: v4, bits: fc.integer({ min: 0, max: 32 }) }),
  fc.record({ base: v6, bits: fc.integer({ min: 0, max: 128 }) }),
);
const day = fc.oneof(fc.constant(NEVER), fc.integer({ min: 19_000, max: 19_010 }));
const entry = fc.record({ network, until: day });
const probes = fc.array(fc.oneof(v4, v6), { minLength: 3, maxLength: 12 });

test('a table says what a scan of its networks says, nested and repeated ones included', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 14 }), probes, (entries, others) => {
      const builder = new NetworkTableBuilder();
      for (const { network, until } of entries) builder.add(parse(network.base), network.bits, until);
      const table = builder.build();
      expect(table.v4Until.length).toBeLessThanOrEqual(2 * builder.size);
      const again = unpackNetworkTable(packNetworkTable(table));
      const neighbours = entries.flatMap(({ network }) => [network.base, lastOf(network.base, network.bits)]);
      for (const probe of [...others, ...neighbours]) {
        const address = parse(probe);
        const inside = entries.filter(({ network }) => new NetworkList([`${network.base}/${network.bits}`]).has(address));
        const expected = Math.max(0, ...inside.map(({ until }) => until));
        expect(untilOf(table, address)).toBe(expected);
        expect(untilOf(again, address)).toBe(expected);
      }
    }),
    { numRuns: 150 },
  );
});

/** The last address of a network of IPv4; of IPv6 its first one. */
function lastOf(base: string, bits: number): string {
  if (base.includes(':')) return base;
  const word = (parse(base).words[3] | (bits === 32 ? 0 : 0xffffffff >>> bits)) >>> 0;
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

test('the order and the form of a list do not matter to what it is', () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 10 }), (entries) => {
      const table = (list: typeof entries): Uint8Array => {
        const builder = new NetworkTableBuilder();
        for (const { network, until } of list) builder.add(parse(network.base), network.bits, until);
        return packNetworkTable(builder.build());
      };
      expect(table([...entries].reverse())).toEqual(table(entries));
      const lines = entries.map(({ network, until }) => `${network.base}/${network.bits},${until === NEVER ? '' : date(until)}`);
      const file = parseListFile(encoder.encode(`network,until\n${lines.join('\n')}\n`), 'list.csv');
      expect(file.bad).toBe(0);
      expect(packNetworkTable(file.table)).toEqual(table(entries));
    }),
    { numRuns: 60 },
  );
});

function date(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

test('what lists say of an event hangs on its address and its own time, not on what was asked before', () => {
  const listOf = fc.record({ kind: fc.constantFrom(...LIST_KINDS), entries: fc.array(entry, { minLength: 1, maxLength: 6 }) });
  const asked = fc.record({ address: fc.oneof(v4, v6), day: fc.integer({ min: 18_998, max: 19_012 }) });
  const bits: Record<ListKind, number> = {
    own: FLAG.own,
    partner: FLAG.partner,
    bastion: FLAG.bastion,
    crawler: 0,
    hosting: FLAG.hosting,
    mobile: FLAG.mobile,
    threat: FLAG.threat,
  };
  fc.assert(
    fc.property(fc.array(listOf, { maxLength: 4 }), fc.array(asked, { minLength: 5, maxLength: 20 }), (lists, questions) => {
      const traits = new SourceTraits(
        new AddressLists(
          lists.map(({ kind, entries }, i) => {
            const builder = new NetworkTableBuilder();
            for (const { network, until } of entries) builder.add(parse(network.base), network.bits, until);
            return { name: `list-${i}`, kind, table: builder.build(), until: NEVER };
          }),
        ),
        NO_ADDRESS_DATA,
      );
      const ids = new Map<string, number>();
      for (const { address, day } of questions) {
        if (!ids.has(address)) {
          ids.set(address, ids.size);
          traits.enter(ids.get(address) as number, parse(address), 0, false);
        }
        let expected = 0;
        for (const { kind, entries } of lists)
          for (const { network, until } of entries)
            if ((until === NEVER || day < until) && new NetworkList([`${network.base}/${network.bits}`]).has(parse(address)))
              expected |= bits[kind];
        // the last moment of the day
        const flags = traits.flags(ids.get(address) as number, (day + 1) * 86_400_000 - 1, 0, 0);
        expect(flags & TRAITS).toBe(expected);
        expect((flags & FLAG.internalSource) !== 0).toBe((expected & (FLAG.own | FLAG.bastion)) !== 0);
      }
    }),
    { numRuns: 80 },
  );
});

test('an entry holds before its day and not on it', () => {
  expect(dayOf('2026-12-31')).toBe(Math.floor(Date.UTC(2026, 11, 31) / 86_400_000));
  expect(dayOf('2200-01-01')).toBe(NEVER);
});
