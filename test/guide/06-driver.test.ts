/**
 * Chapter 6: the driver.
 *
 * A topology says how stages are made; a driver runs them. The embedded driver reads files, splits work over threads by
 * key group, carries control records behind what they cover, and from time to time makes a consistent cut: it stops
 * reading, drains every channel, has every stage serialised, waits for the sinks, and writes one manifest. That is all it
 * takes to be killed at any moment and go on.
 *
 * The topology of this chapter is the smallest one that is real: it counts events per interface and hour
 * (test/support/counting-topology.mjs). The product's own is services/topology.ts; the driver does not know which it runs.
 */
import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { count, makeLines, writeLines } from '../support/driver-runs.ts';
import { MemorySink } from '../support/memory-sink.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'weir-guide-'));

/** Lines `<ms> <account> <interface>`: six hours of traffic. */
const LINES = makeLines(7, 6_000, 6);

test('a run takes files, gives outcomes to sinks, and accounts for every event', async () => {
  const at = folder();
  const sink = new MemorySink();
  const { runs } = await count({ files: [writeLines(at, 'day.log', LINES)], folder: join(at, 'state'), sink });
  expect(runs[0].events).toBe(LINES.length);
  expect(sink.rows.size).toBeGreaterThan(50);
  expect(sink.fates()).toEqual({ read: LINES.length, windowed: LINES.length, late: 0, dead: 0, held: 0 });
});

test('one file or two, one thread or two: the windows and alerts are the same', async () => {
  const at = folder();
  const alone = new MemorySink();
  await count({ files: [writeLines(at, 'day.log', LINES)], folder: join(at, 'one'), sink: alone, workers: 1 });
  const odd = writeLines(
    at,
    'odd.log',
    LINES.filter((_, i) => i % 2 === 1),
  );
  const even = writeLines(
    at,
    'even.log',
    LINES.filter((_, i) => i % 2 === 0),
  );
  const split = new MemorySink();
  await count({ files: [odd, even], folder: join(at, 'two'), sink: split, workers: 2 });
  expect(split.canonical()).toEqual(alone.canonical());
  expect(split.canonical().alerts.length).toBeGreaterThan(0);
});

test('a file that grew is read from where it stood; what was already taken adds nothing', async () => {
  const at = folder();
  const whole = new MemorySink();
  await count({ files: [writeLines(at, 'whole.log', LINES)], folder: join(at, 'undisturbed'), sink: whole });

  const half = LINES.length / 2;
  const path = writeLines(at, 'growing.log', LINES.slice(0, half));
  const sink = new MemorySink();
  const state = join(at, 'state');
  await count({ files: [path], folder: state, sink });
  appendFileSync(
    path,
    LINES.slice(half)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const { runs } = await count({ files: [path], folder: state, sink });

  expect(runs[0].events).toBe(half);
  expect(sink.canonical()).toEqual(whole.canonical());
});
