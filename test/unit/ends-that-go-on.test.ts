import { describe, expect, test } from 'vitest';
import type { ControlRecord } from '../../services/core/control.ts';
import { HOUR, MINUTE, WatermarkTracker } from '../../services/core/watermark.ts';
import { Panes } from '../../services/core/window.ts';
import { PaneClock, type PaneKeeper } from '../../services/scoring/pane-clock.ts';

/** Inputs that ended, by a record that says so on Kafka, and then bring more. */

const mark = (upstream: string, time: number) => ({ tenant: 't', upstream, upstreams: 2, time });

describe('a tracker of watermarks', () => {
  test('waits for all that had ended when one of them goes on', () => {
    const tracker = new WatermarkTracker();
    for (const upstream of ['a', 'b']) tracker.report(mark(upstream, 10 * HOUR));
    for (const upstream of ['a', 'b']) tracker.end('t', upstream);
    expect(tracker.allEnded('t')).toBe(true);

    expect(tracker.report(mark('a', 90 * HOUR))).toBeUndefined();
    expect([tracker.time('t'), tracker.allEnded('t')]).toEqual([10 * HOUR, false]);
    // b went on at another pace; it still had hours to tell of between
    expect(tracker.report(mark('b', 11 * HOUR))).toBe(11 * HOUR);
    expect(tracker.report(mark('b', 95 * HOUR))).toBe(90 * HOUR);
  });

  test('and one that only says that it is idle', () => {
    const tracker = new WatermarkTracker();
    for (const upstream of ['a', 'b']) tracker.end('t', upstream);
    tracker.expect('t', 2);
    tracker.report(mark('a', 90 * HOUR));
    const after = new WatermarkTracker();
    after.restore(tracker.save());
    for (const one of [tracker, after]) expect(one.idle('t', 'b')).toBe(90 * HOUR);
  });
});

describe('the clock of a task', () => {
  test('ends again after it went on, and opens nothing that an end closed', () => {
    const said: ControlRecord[] = [];
    let open: number | undefined = 10;
    const keeper: PaneKeeper = {
      panes: new Panes('UTC'),
      nextHour: (target) => (open !== undefined && open * HOUR < target ? open : undefined),
      closeMinutes: () => undefined,
      closeHour: () => {
        open = undefined;
      },
      knowledge: () => undefined,
      flush: () => undefined,
    };
    const clock = new PaneClock(
      'account-0',
      1,
      () => keeper,
      (_, record) => said.push(record),
    );
    const end = { kind: 'end', tenant: 't', upstream: 'a', provisional: true } as const;
    for (const epoch of [10, 30]) clock.control({ kind: 'shared', tenant: 't', epoch, knowledge: new Uint8Array() });
    clock.control({ kind: 'watermark', tenant: 't', upstream: 'a', upstreams: 1, time: 10 * HOUR + 5 * MINUTE });
    clock.control(end);
    expect(said.at(-1)).toEqual({ ...end, upstream: 'account-0' });
    expect(clock.time('t')).toBe(11 * HOUR);

    open = 30;
    clock.control({ kind: 'watermark', tenant: 't', upstream: 'a', upstreams: 1, time: 30 * HOUR + 5 * MINUTE });
    const before = said.length;
    clock.control(end);
    expect(said.slice(before).map(({ kind }) => kind)).toEqual(['watermark', 'end']);
    expect(clock.time('t')).toBe(31 * HOUR);
  });
});
