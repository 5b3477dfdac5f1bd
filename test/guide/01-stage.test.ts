/**
 * Chapter 1: the stage.
 *
 * Weir is a row of stages: normalise, identify, account, merge, alert. A stage is a deterministic machine: batches and
 * control records go in, outcomes come out. It sees no file, no broker, no clock. Whoever runs it (a driver, or this
 * test) decides where its input comes from and where its outcomes go. That is why live, replay and test are one engine.
 *
 * This chapter builds the smallest useful stage: it counts events per account and says the counts when a minute closes.
 */
import { expect, test } from 'vitest';
import { BatchBuilder, type EventBatch, heapString } from '../../services/core/batch.ts';
import { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import type { ControlRecord } from '../../services/core/control.ts';
import { keyGroupOf } from '../../services/core/key-groups.ts';
import type { Emit, Stage, StageSnapshot } from '../../services/core/stage.ts';
import { MINUTE, WatermarkTracker } from '../../services/core/watermark.ts';

/** A stage is made by a factory from its own slice of the config. Nothing lives outside of it. */
function createCountStage(): Stage<EventBatch> {
  const watermarks = new WatermarkTracker();
  // minute -> account -> events. Real stages keep typed arrays by slot; a map is enough to understand them.
  const counts = new Map<number, Map<string, number>>();
  let events = 0;

  /** Says what has closed: everything before the tenant's time, in an order that does not depend on arrival. */
  function close(tenant: string, time: number): Emit[] {
    const due = [...counts.keys()].filter((minute) => (minute + 1) * MINUTE <= time).sort((a, b) => a - b);
    return due.map((minute) => {
      const lines = [...(counts.get(minute) as Map<string, number>)].sort().map(([account, n]) => `${minute}\t${account}\t${n}\n`);
      counts.delete(minute);
      return { output: 'windows', tenant, value: new TextEncoder().encode(lines.join('')) };
    });
  }

  return {
    name: 'account',
    process(batch) {
      for (let row = 0; row < batch.n; row++) {
        const minute = Math.floor(batch.columns.at[row] / MINUTE);
        const account = heapString(batch.heap, batch.columns.account[row]);
        const pane = counts.get(minute) ?? new Map<string, number>();
        counts.set(minute, pane);
        pane.set(account, (pane.get(account) ?? 0) + 1);
        events++;
      }
      return []; // nothing is said when an event arrives: only time closes panes
    },
    control(record: ControlRecord) {
      if (record.kind !== 'watermark') return [];
      const time = watermarks.report(record);
      return time === undefined ? [] : close(record.tenant, time);
    },
    snapshot(): StageSnapshot {
      // state of keys goes by key group, so that it can move to another task; what all tasks hold alike goes to `common`
      const writers = new Map<number, ByteWriter>();
      for (const [minute, pane] of counts) {
        for (const [account, n] of pane) {
          const group = keyGroupOf(account);
          const writer = writers.get(group) ?? new ByteWriter();
          writers.set(group, writer);
          writer.uint(minute);
          writer.string(account);
          writer.uint(n);
        }
      }
      const common = new TextEncoder().encode(JSON.stringify(watermarks.save()));
      return { stage: 'account', version: 1, groups: new Map([...writers].map(([group, writer]) => [group, writer.finish()])), common };
    },
    restore(snapshot) {
      watermarks.restore(JSON.parse(new TextDecoder().decode(snapshot.common)));
      for (const bytes of snapshot.groups.values()) {
        const reader = new ByteReader(bytes);
        while (!reader.done) {
          const minute = reader.uint();
          const account = reader.string();
          const pane = counts.get(minute) ?? new Map<string, number>();
          counts.set(minute, pane);
          pane.set(account, reader.uint());
        }
      }
    },
    counters: () => ({ events }),
  };
}

/** Events as a batch: columns of numbers, and references into one heap of strings. */
function batchOf(events: [at: number, account: string][]): EventBatch {
  const builder = new BatchBuilder('shop', 'gateway', 'shop.log');
  for (const [at, account] of events) {
    const row = builder.addRow();
    const bytes = new TextEncoder().encode(account);
    builder.columns.at[row] = at;
    builder.columns.account[row] = builder.addString(bytes, 0, bytes.length);
  }
  return builder.build();
}

/** What a stage said on `windows`, as text. */
function said(emits: Emit[]): string {
  return emits.map((emit) => (emit.output === 'windows' ? new TextDecoder().decode(emit.value) : '')).join('');
}

const watermark = (time: number): ControlRecord => ({ kind: 'watermark', tenant: 'shop', upstream: 'shop.log', upstreams: 1, time });

const MORNING: [number, string][] = [
  [10_000, 'ann'],
  [70_000, 'bob'],
  [20_000, 'bob'],
  [30_000, 'ann'],
];

test('a stage says nothing until time closes a pane', () => {
  const stage = createCountStage();
  expect(stage.process(batchOf(MORNING))).toEqual([]);
  expect(said(stage.control(watermark(MINUTE)))).toBe('0\tann\t2\n0\tbob\t1\n');
  expect(said(stage.control(watermark(2 * MINUTE)))).toBe('1\tbob\t1\n');
});

test('outcomes are a function of the events between two watermarks, not of their order', () => {
  const forward = createCountStage();
  const backward = createCountStage();
  forward.process(batchOf(MORNING));
  for (const event of [...MORNING].reverse()) backward.process(batchOf([event]));
  expect(said(backward.control(watermark(2 * MINUTE)))).toBe(said(forward.control(watermark(2 * MINUTE))));
});

test('a stage that is saved midway and restored elsewhere goes on as if nothing had happened', () => {
  const undisturbed = createCountStage();
  undisturbed.process(batchOf(MORNING));

  const first = createCountStage();
  first.process(batchOf(MORNING.slice(0, 2)));
  const second = createCountStage();
  second.restore(first.snapshot());
  second.process(batchOf(MORNING.slice(2)));

  expect(said(second.control(watermark(2 * MINUTE)))).toBe(said(undisturbed.control(watermark(2 * MINUTE))));
});

test('state can be split by key group and come together again in one task', () => {
  const whole = createCountStage();
  whole.process(batchOf(MORNING));
  const { groups, ...rest } = whole.snapshot();
  expect(groups.size).toBeGreaterThan(1);

  const joined = createCountStage();
  for (const [group, bytes] of groups) joined.restore({ ...rest, groups: new Map([[group, bytes]]) });
  expect(said(joined.control(watermark(2 * MINUTE)))).toBe(said(whole.control(watermark(2 * MINUTE))));
});
