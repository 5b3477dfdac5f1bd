import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventBatch } from '../../services/core/batch.ts';
import type { ControlRecord } from '../../services/core/control.ts';
import { keyGroupOf, partitionOf } from '../../services/core/key-groups.ts';
import type { Emit, Stage } from '../../services/core/stage.ts';
import { DAY, HOUR, MINUTE, watermarkOf } from '../../services/core/watermark.ts';
import { createIdentifyStage } from '../../services/identify/identify-stage.ts';
import { numbers } from '../support/driver-runs.ts';
import { namedByDefinition, namedIn, type SessionEvent, sessionBatch } from '../support/session-events.ts';

const LATENESS = 2 * MINUTE;
const START = Date.UTC(2026, 4, 4, 9, 30);

/** How the same events come. */
interface Way {
  tasks: number;
  batch: number;
  inputs: number;
  seed: number;
  /** tasks behind each restart */
  restarts: number[];
  /** how late an event comes at most, ms */
  disorder: number;
}

interface Outcome {
  batches: EventBatch[];
  /** events that came behind what their task had told of time */
  late: number;
  ends: number;
  tasks: number;
  held: number;
}

/** The stage's tasks, and what comes of events that are given to them in some way. */
function run(events: readonly SessionEvent[], wait: number, way: Way): Outcome {
  const next = numbers(way.seed);
  const order = events
    .map((event) => ({ event, input: event.id % way.inputs, key: event.at + next() * way.disorder }))
    .sort((a, b) => a.key - b.key || a.event.id - b.event.id);
  const make = (tasks: number): Stage<EventBatch>[] =>
    Array.from({ length: tasks }, (_, task) => createIdentifyStage({ task, partitions: tasks, waits: { shop: wait } }));
  let tasks = make(way.tasks);
  const outcome: Outcome = { batches: [], late: 0, ends: 0, tasks: 0, held: 0 };
  let told = new Map<Stage<EventBatch>, number>();
  const take = (task: Stage<EventBatch>, emits: Emit[]): void => {
    for (const emit of emits) {
      if (emit.output === 'events') {
        const mark = told.get(task) ?? Number.NEGATIVE_INFINITY;
        for (let row = 0; row < emit.value.n; row++) if (emit.value.columns.at[row] < mark) outcome.late++;
        outcome.batches.push(emit.value);
      } else if (emit.output === 'control' && emit.value.kind === 'watermark') told.set(task, emit.value.time);
      else if (emit.output === 'control' && emit.value.kind === 'end') outcome.ends++;
    }
  };
  const tell = (record: ControlRecord): void => {
    for (const task of tasks) take(task, task.control(record));
  };
  const highest = new Array<number>(way.inputs).fill(Number.NEGATIVE_INFINITY);
  const marks = new Array<number>(way.inputs).fill(Number.NEGATIVE_INFINITY);
  let cuts = 0;
  for (let from = 0; from < order.length; from += way.batch) {
    const part = order.slice(from, from + way.batch);
    for (let input = 0; input < way.inputs; input++) {
      const mine = part.filter((one) => one.input === input).map(({ event }) => ({ ...event, source: `source-${input}` }));
      for (const event of mine) highest[input] = Math.max(highest[input], event.at);
      tasks.forEach((task, number) => {
        const rows = mine.filter(({ session }) => partitionOf(keyGroupOf(session), tasks.length) === number);
        if (rows.length > 0) take(task, task.process(sessionBatch(rows)));
      });
      const time = watermarkOf(highest[input], LATENESS);
      if (!(time > marks[input])) continue;
      marks[input] = time;
      tell({ kind: 'watermark', tenant: 'shop', upstream: `in-${input}`, upstreams: way.inputs, time });
    }
    if (cuts < way.restarts.length && from + way.batch > (order.length * (cuts + 1)) / (way.restarts.length + 1)) {
      const snapshots = tasks.map((task) => task.snapshot());
      const size = way.restarts[cuts++];
      tasks = make(size);
      told = new Map();
      tasks.forEach((task, number) => {
        for (const snapshot of snapshots) {
          const groups = new Map([...snapshot.groups].filter(([group]) => partitionOf(group, size) === number));
          task.restore({ ...snapshot, groups });
        }
        take(task, task.control({ kind: 'restart' }));
      });
      marks.fill(Number.NEGATIVE_INFINITY);
    }
  }
  for (let input = 0; input < way.inputs; input++) tell({ kind: 'end', tenant: 'shop', upstream: `in-${input}`, provisional: true });
  for (const task of tasks)
    for (const [name, count] of Object.entries(task.counters())) if (name.startsWith('held\t')) outcome.held += count;
  outcome.tasks = tasks.length;
  return outcome;
}

const sessionEvents = fc
  .array(
    fc.record({
      /** minutes and days apart, and many at one moment */
      step: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }).map((n) => n * 1000) },
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 150_000 }) },
        { weight: 1, arbitrary: fc.constantFrom(LATENESS, 90_500, HOUR, DAY - MINUTE, DAY, DAY + MINUTE, DAY + 2 * MINUTE) },
      ),
      session: fc.constantFrom('', 's1', 's1', 's2', 's3', 'session-4'),
      account: fc.constantFrom('', '', '', 'ann', 'ben', 'cleo'),
      out: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
    { minLength: 12, maxLength: 60, size: 'max' },
  )
  .map((steps): SessionEvent[] => {
    let at = START;
    return steps.map(({ step, session, account, out }, id) => {
      at += step;
      return { at, session, account, id, ...(out ? { interface: 'POST shop.example/logout' } : {}) };
    });
  });

const ways = fc.record({
  tasks: fc.constantFrom(1, 2, 5),
  batch: fc.integer({ min: 1, max: 20 }),
  inputs: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer({ min: 1, max: 1e9 }),
  restarts: fc.array(fc.constantFrom(1, 2, 3), { maxLength: 4 }),
  disorder: fc.constantFrom(0, LATENESS - 1),
});

describe('sessions are joined as the rules say', () => {
  it('whatever the order within the lateness, the batches, the tasks and the restarts', () => {
    let joined = 0;
    fc.assert(
      fc.property(sessionEvents, fc.constantFrom(LATENESS, 90_500, 10 * MINUTE), ways, (events, wait, way) => {
        const { batches, late, ends, tasks, held } = run(events, wait, way);
        const expected = namedByDefinition(events, wait);
        expect(Object.fromEntries(namedIn(batches))).toEqual(Object.fromEntries(expected));
        expect(late).toBe(0);
        expect(ends).toBe(tasks);
        expect(held).toBe(0);
        for (const text of expected.values()) if (text.endsWith('by session')) joined++;
      }),
      { numRuns: 250 },
    );
    expect(joined).toBeGreaterThan(300);
  });
});
