import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import { CALLER_SAMPLE, distinctOf, type InventoryFact, MISSING_INTERFACES } from '../../services/core/inventory.ts';
import { HOUR } from '../../services/core/watermark.ts';
import { InventoryWatch, MOST_NEW } from '../../services/ingest/inventory/inventory-watch.ts';
import { SmallestSamples } from '../../services/ingest/inventory/smallest-samples.ts';
import { TextPool } from '../../services/ingest/pools/text-pool.ts';
import { joinFacts } from '../support/inventory.ts';

const BASE = Date.UTC(2026, 3, 1);

interface Seen {
  name: string;
  at: number;
  origin: number;
  status: number;
  caller: number;
  found: { type: string; masked: boolean; shape: string; hash: number }[];
}

const seen: fc.Arbitrary<Seen> = fc.record({
  name: fc.constantFrom('GET a/x', 'GET a/y', 'POST a/x', 'tcp 10.0.0.1:443'),
  at: fc.integer({ min: 0, max: 5 * HOUR }).map((ms) => BASE + ms),
  origin: fc.integer({ min: 0, max: 9 }),
  status: fc.constantFrom(0, 200, 201, 302, 404, 500),
  caller: fc.integer({ min: 0, max: 200 }).map((n) => Math.imul(n, 0x9e3779b1) >>> 0),
  found: fc.array(
    fc.record({
      type: fc.constantFrom('mobile', 'email'),
      masked: fc.boolean(),
      shape: fc.constantFrom('', '3*4'),
      hash: fc.integer({ min: 0, max: 60 }).map((n) => Math.imul(n, 0x85ebca6b) >>> 0),
    }),
    { maxLength: 2 },
  ),
});

function watch(): { tell(event: Seen): void; watch: InventoryWatch } {
  const pool = new TextPool(1 << 12, 5, 1);
  const inventory = new InventoryWatch(pool);
  return {
    watch: inventory,
    tell: ({ name, at, origin, status, caller, found }) => {
      inventory.makeRoom();
      inventory.note(pool.internText(name), at, origin, status, caller, found);
    },
  };
}

/** What plain code makes of the same events. */
function oracle(events: readonly Seen[]): InventoryFact[] {
  return joinFacts(
    events
      .filter(({ status }) => status < 400)
      .map(({ name, at, origin, status, caller, found }) => ({
        interface: name,
        hour: Math.floor(at / HOUR) * HOUR,
        origins: 1 << origin,
        classes: 1 << Math.floor(status / 100),
        callers: [caller],
        sensitive: found.map(({ type, masked, shape, hash }) => ({ type, masked, shape, hashes: [hash] })),
      })),
  );
}

describe('what a task saw of interfaces', () => {
  it('is what plain code makes of the same events, in any order, however often hours are closed and said', () => {
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 300 }), fc.array(fc.nat(300)), (events, closings) => {
        const { tell, watch: inventory } = watch();
        const said: InventoryFact[] = [];
        events.forEach((event, i) => {
          tell(event);
          if (!closings.includes(i)) return;
          if (i % 3 === 0) inventory.sayOpen();
          inventory.close(event.at);
          said.push(...inventory.take());
        });
        inventory.close(Number.POSITIVE_INFINITY);
        said.push(...inventory.take());
        expect(joinFacts([...said, ...said])).toEqual(oracle(events));
      }),
    );
  });

  it('goes on from a snapshot as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.array(seen, { minLength: 1, maxLength: 100 }), fc.nat(), (events, cut) => {
        const whole = watch();
        let parted = watch();
        const at = cut % events.length;
        const said: InventoryFact[][] = [[], []];
        events.forEach((event, i) => {
          if (i === at) {
            const writer = new ByteWriter();
            parted.watch.pack(writer);
            parted = watch();
            parted.watch.unpack(new ByteReader(writer.finish()));
            const again = new ByteWriter();
            parted.watch.pack(again);
            expect(again.finish()).toEqual(writer.finish());
          }
          [whole, parted].forEach((one, which) => {
            one.tell(event);
            one.watch.close(event.at - HOUR);
            said[which].push(...one.watch.take());
          });
        });
        expect(said[1]).toEqual(said[0]);
      }),
    );
  });
});

describe('one who tries paths by the thousand', () => {
  const at = BASE + 10;
  const scan = (n: number): Seen => ({ name: `GET a/p${n}`, at, origin: 0, status: 200, caller: 7, found: [] });

  it('fills no table: the rest of the hour is one row that tells how many there were', () => {
    const { tell, watch: inventory } = watch();
    const real = { ...scan(0), name: 'GET a/real', at: BASE - HOUR };
    tell(real);
    const count = 20_000;
    for (let i = 0; i < count; i++) tell(scan(i));
    tell({ ...real, at });
    inventory.close(Number.POSITIVE_INFINITY);
    const facts = inventory.take();
    expect(facts).toHaveLength(MOST_NEW + 3);
    // what was known before has its place
    expect(facts.filter((fact) => fact.interface === 'GET a/real').map((fact) => fact.hour)).toEqual([BASE - HOUR, BASE]);
    const missing = facts.find((fact) => fact.interface === MISSING_INTERFACES) as InventoryFact;
    const left = distinctOf(missing.callers, CALLER_SAMPLE);
    expect(Math.abs(left - (count - MOST_NEW)) / count).toBeLessThan(0.4);
  });

  it('pushes out what was not seen for long, and the state stays small', () => {
    const { tell, watch: inventory } = watch();
    for (let hour = 0; hour < 40; hour++) {
      for (let i = 0; i < MOST_NEW; i++) tell({ ...scan(hour * MOST_NEW + i), at: at + hour * HOUR });
      tell({ ...scan(0), name: 'GET a/real', at: at + hour * HOUR });
      inventory.close(at + hour * HOUR);
      inventory.take();
    }
    const writer = new ByteWriter();
    inventory.pack(writer);
    expect(writer.length).toBeLessThan(2 << 20);
    tell({ ...scan(0), name: 'GET a/real', at: at + 40 * HOUR });
    inventory.close(Number.POSITIVE_INFINITY);
    expect(inventory.take().some((fact) => fact.interface === 'GET a/real' && fact.hour === BASE + 40 * HOUR)).toBe(true);
  });
});

describe('a sample of hashes', () => {
  it('is the smallest distinct ones that came, slot by slot', () => {
    const hashes = fc.array(
      fc.tuple(
        fc.nat(70),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((n) => (n % 40) * 107374182),
      ),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(hashes, fc.integer({ min: 1, max: 12 }), (added, size) => {
        const samples = new SmallestSamples(size);
        const slots = [...new Set(added.map(([slot]) => slot))];
        for (const slot of slots) samples.clear(slot);
        for (const [slot, hash] of added) {
          const before = samples.hasRoomFor(slot, hash) ? undefined : samples.of(slot);
          samples.add(slot, hash);
          // where there is no room, nothing is missed by not adding
          if (before !== undefined) expect(samples.of(slot)).toEqual(before);
        }
        for (const slot of slots) {
          const own = new Set(added.filter(([other]) => other === slot).map(([, hash]) => hash));
          expect(samples.of(slot)).toEqual([...own].sort((a, b) => a - b).slice(0, size));
        }
      }),
    );
  });

  it('tells how many there were, exactly while there are few', () => {
    const few = Array.from({ length: CALLER_SAMPLE - 1 }, (_, i) => i);
    expect(distinctOf(few, CALLER_SAMPLE)).toBe(CALLER_SAMPLE - 1);
    expect(distinctOf([], CALLER_SAMPLE)).toBe(0);
  });
});
