import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credible, type Expectation } from '../../models/baselines/credibility.ts';
import { Slab } from '../../models/baselines/slab.ts';
import { PopulationLearner, priorFrom } from '../../models/population.ts';
import { shippedPrior } from '../../models/prior.ts';
import type { View } from '../../models/windows.ts';
import { VIEW_FEATURES } from '../../models/windows.ts';
import { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import { createViewScoring } from '../../services/scoring/view-scoring.ts';
import { MONDAY, seeded, WindowFeed } from '../support/synthetic-windows.ts';

const HOUR = 3_600_000;
const fresh = (): Expectation => ({ mean: 0, dispersion: 0, scope: 'prior', size: 0 });

describe('credibility', () => {
  const positive = fc.double({ min: 0.01, max: 1e4, noNaN: true });
  it('is the prior without a past, and the own mean after a long one', () => {
    fc.assert(
      fc.property(positive, positive, (own, prior) => {
        const none = credible(0, 0, 0, prior, 0.5, 2, 10, fresh());
        expect(none.mean).toBeCloseTo(prior, 9);
        expect(none.dispersion).toBeCloseTo(2.5, 9);
        const n = 1e9;
        const long = credible(own * n, own * own * n, n, prior, 0.5, 2, 10, fresh());
        expect(long.mean / own).toBeCloseTo(1, 3);
        expect(long.scope).toBe('own');
      }),
    );
  });

  it('lies between the two, nearer to the own the longer the past', () => {
    fc.assert(
      fc.property(positive, positive, fc.integer({ min: 1, max: 60 }), (own, prior, n) => {
        const short = credible(own * n, 0, n, prior, 0.5, 2, 10, fresh()).mean;
        const longer = credible(own * (n + 5), 0, n + 5, prior, 0.5, 2, 10, fresh()).mean;
        expect(short).toBeGreaterThanOrEqual(Math.min(own, prior) * (1 - 1e-9));
        expect(short).toBeLessThanOrEqual(Math.max(own, prior) * (1 + 1e-9));
        expect(Math.abs(longer - own)).toBeLessThanOrEqual(Math.abs(short - own) + 1e-9 * own);
      }),
    );
  });
});

describe('slab', () => {
  it('gives back bit for bit what was written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.float({ noNaN: true })), { minLength: 9, maxLength: 9 }),
        fc.nat(300),
        (numbers, slot) => {
          const slab = new Slab(9);
          const at = slab.row(slot);
          slab.data.set(numbers, at);
          const writer = new ByteWriter();
          slab.write(slot, writer);
          const other = new Slab(9);
          other.data.fill(7);
          const reader = new ByteReader(writer.finish());
          other.read(slot, reader);
          expect(reader.done).toBe(true);
          const from = new Uint32Array(other.data.buffer, other.row(slot) * 4, 9);
          expect([...from]).toEqual([...new Uint32Array(slab.data.buffer, at * 4, 9)]);
        },
      ),
    );
  });
});

/** Random windows of a few keys, some hours with bursts that fire. */
function drive(feed: WindowFeed, view: View, random: () => number, from: number, hours: number, tail: unknown[]): void {
  const names = VIEW_FEATURES[view];
  for (let h = from; h < from + hours; h++) {
    for (let k = 0; k < 4; k++) {
      if (random() < 0.3) continue;
      const burst = random() < 0.05 ? 40 : 1;
      const values: Record<string, number> = {};
      for (const name of names) values[name] = Math.floor(random() ** 4 * 12 * burst);
      values.requests = Math.max(1, 3 * Math.max(...Object.values(values)));
      tail.push(feed.hour(`k${k}`, MONDAY + h * HOUR, values, [0, 8, 4, 32][k]));
    }
    tail.push(feed.end(MONDAY + h * HOUR));
  }
}

describe.each(['account', 'interface', 'source', 'target'] as const)('state of the %s view', (view) => {
  it('survives a snapshot: what follows is scored the same', () => {
    const straight = new WindowFeed(view);
    const random = seeded(11);
    drive(straight, view, random, 0, 24 * 9, []);
    const again = new WindowFeed(view);
    drive(again, view, seeded(11), 0, 24 * 9, []);
    // the same keys in a new task, in other slots
    const moved = createViewScoring(view);
    for (const key of ['k0', 'k1', 'k2', 'k3']) {
      const writer = new ByteWriter();
      again.scoring.write(again.slotOf(key), writer);
      const reader = new ByteReader(writer.finish());
      moved.read(again.slotOf(key), reader);
      expect(reader.done).toBe(true);
    }
    moved.shared('t', { population: JSON.parse(JSON.stringify(again.learner.close('t', MONDAY + (24 * 9 - 1) * HOUR))) });
    again.scoring = moved;
    const seed = 77;
    const a: unknown[] = [];
    const b: unknown[] = [];
    drive(straight, view, seeded(seed), 24 * 9, 60, a);
    drive(again, view, seeded(seed), 24 * 9, 60, b);
    expect(b).toEqual(a);
    // non-trivial: something fired
    if (view !== 'target') expect(straight.candidates.length).toBeGreaterThan(0);
  });

  it('of a cleared slot is as if it never was', () => {
    const used = new WindowFeed(view, false);
    drive(used, view, seeded(4), 0, 24 * 3, []);
    for (let slot = 0; slot < 4; slot++) used.scoring.clear(slot);
    const scoring = used.scoring;
    const a: unknown[] = [];
    const b: unknown[] = [];
    const one = new WindowFeed(view, false);
    one.scoring = scoring;
    drive(one, view, seeded(5), 0, 30, a);
    drive(new WindowFeed(view, false), view, seeded(5), 0, 30, b);
    expect(a).toEqual(b);
  });
});

describe('population knowledge', () => {
  it('is the same for any split of the keys and any order of the reports', () => {
    const names = VIEW_FEATURES.account;
    const one = new WindowFeed('account', false);
    const halves = [new WindowFeed('account', false), new WindowFeed('account', false)];
    const random = seeded(21);
    const whole = new PopulationLearner();
    const split = new PopulationLearner();
    for (let h = 0; h < 24 * 4; h++) {
      const start = MONDAY + h * HOUR;
      for (let k = 0; k < 12; k++) {
        const values: Record<string, number> = {};
        for (const name of names) values[name] = Math.floor(random() ** 3 * 20);
        one.hour(`k${k}`, start, values);
        halves[k % 2].hour(`k${k}`, start, values);
      }
      whole.absorb(one.end(start)!);
      for (const half of h % 2 === 0 ? halves : [...halves].reverse()) split.absorb(half.end(start)!);
      expect(split.close('t', start)).toEqual(whole.close('t', start));
    }
    expect(split.save()).toEqual(whole.save());
    const loaded = new PopulationLearner();
    loaded.load(JSON.parse(JSON.stringify(whole.save())));
    expect(loaded.close('t', MONDAY + 200 * HOUR)).toEqual(whole.close('t', MONDAY + 200 * HOUR));
  });

  it('moves the prior from what is shipped to what is seen', () => {
    const shipped = shippedPrior();
    expect(priorFrom(undefined)).toEqual(shipped);
    const feed = new WindowFeed('account', false);
    const random = seeded(2);
    for (let h = 0; h < 24 * 12; h++) {
      for (let k = 0; k < 30; k++)
        if (h % 24 >= 9 && h % 24 < 17) feed.hour(`k${k}`, MONDAY + h * HOUR, { requests: 300 + Math.floor(40 * random()), objects: 1 });
      feed.end(MONDAY + h * HOUR);
    }
    const prior = priorFrom({ population: feed.learner.close('t', MONDAY + 24 * 12 * HOUR) });
    const person = prior.groups[0];
    expect(person.hourMean[0]).toBeGreaterThan(200);
    expect(person.dayMean[0]).toBeGreaterThan(1600);
    expect(person.dayMean[0]).toBeLessThan(3200);
    expect(person.dayWithin[2]).toBeLessThan(0.6);
    expect(person.blocks[2] + person.blocks[3]).toBeGreaterThan(0.7);
    // hosts were not seen: as shipped
    expect(prior.groups[5]).toEqual(shipped.groups[5]);
  });
});
