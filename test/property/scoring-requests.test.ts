import { expect, test } from 'vitest';
import { watermarkOf } from '../../services/core/watermark.ts';
import type { PlainEvent } from '../support/random-events.ts';
import { batchOf, random, randomEvents } from '../support/random-events.ts';
import { rowsText, StageNet } from '../support/stage-net.ts';

const LATENESS = 120_000;
const START = Date.UTC(2026, 3, 6, 9, 17);

interface Way {
  seed: number;
  partitions: number;
  batch: number;
  /** number of tasks after a restart in the middle */
  restart?: number;
}

interface Outcome {
  rows: string;
  counts: Record<string, number>;
}

/** Feeds the events in this order, each with an id of its own that its copies share, and a watermark whenever it moves. */
function run(order: readonly PlainEvent[], way: Way, withIds = true): Outcome {
  let net = new StageNet(way.partitions);
  const counts: Record<string, number> = {};
  const tally = (): void => {
    for (const [name, n] of Object.entries(net.counters())) counts[name.split('\t')[0]] = (counts[name.split('\t')[0]] ?? 0) + n;
  };
  let highest = 0;
  let told = 0;
  for (let i = 0; i < order.length; i += way.batch) {
    const part = order.slice(i, i + way.batch);
    const batch = batchOf(part);
    if (withIds) {
      part.forEach(({ id }, row) => {
        batch.columns.request[row] = 2 ** 40 + id * 7919;
      });
    }
    net.events(batch);
    for (const event of part) highest = Math.max(highest, event.at);
    const time = watermarkOf(highest, LATENESS);
    if (time > told) {
      told = time;
      net.control({ kind: 'watermark', tenant: 'shop', upstream: 'p0', upstreams: 1, time });
    }
    if (way.restart !== undefined && i <= order.length / 2 && i + way.batch > order.length / 2) {
      tally();
      net = net.restart(way.restart);
    }
  }
  net.control({ kind: 'end', tenant: 'shop', upstream: 'p0', provisional: true });
  tally();
  return { rows: rowsText(net), counts };
}

/** In the order of their coming: each within the lateness, one in four twice or more. */
function shipped(events: readonly PlainEvent[], seed: number): { order: PlainEvent[]; repeats: number } {
  const next = random(seed);
  const all = events.flatMap((event) => {
    const copies = next() < 0.75 ? 1 : 2 + Math.floor(next() * 2);
    return Array.from({ length: copies }, () => ({ event, key: event.at + next() * LATENESS * 0.99 }));
  });
  return { order: all.sort((a, b) => a.key - b.key).map(({ event }) => event), repeats: all.length - events.length };
}

const events = randomEvents(11, { start: START, hours: 5, accounts: 60, events: 4_000 });
const expected = run(events, { seed: 0, partitions: 1, batch: 300 }, false);

const ways: Way[] = [
  { seed: 1, partitions: 1, batch: 300 },
  { seed: 2, partitions: 1, batch: 7 },
  { seed: 3, partitions: 3, batch: 64 },
  { seed: 4, partitions: 1, batch: 250, restart: 1 },
  { seed: 5, partitions: 3, batch: 100, restart: 2 },
  { seed: 6, partitions: 1, batch: 41, restart: 4 },
];
test.each(ways)('repeats within the lateness change no window, in whatever order and split they come: %o', (way) => {
  const { order, repeats } = shipped(events, way.seed);
  expect(repeats).toBeGreaterThan(1_000);
  const found = run(order, way);
  expect(found.counts).toEqual({ windowed: events.length, dropped: repeats });
  expect(found.rows).toBe(expected.rows);
  expect(run(order, way, false).counts).toEqual({ windowed: order.length });
});
