import { describe, expect, test } from 'vitest';
import { MINUTE, WatermarkTracker, watermarkOf } from '../../services/core/watermark.ts';

const mark = (tenant: string, upstream: string, time: number, upstreams = 2) => ({ tenant, upstream, upstreams, time });

describe('watermarks', () => {
  test('are the highest event time less the lateness, down to the minute', () => {
    expect(watermarkOf(10 * MINUTE + 59_999, 2 * MINUTE)).toBe(8 * MINUTE);
    expect(watermarkOf(10 * MINUTE, 0)).toBe(10 * MINUTE);
  });

  test('a tenant stands still until all its upstreams have reported, then has the least of them', () => {
    const tracker = new WatermarkTracker();
    expect(tracker.report(mark('shop', 'a', 5 * MINUTE))).toBeUndefined();
    expect(tracker.time('shop')).toBe(Number.NEGATIVE_INFINITY);
    expect(tracker.report(mark('shop', 'b', 3 * MINUTE))).toBe(3 * MINUTE);
    expect(tracker.report(mark('shop', 'a', 9 * MINUTE))).toBeUndefined();
    expect(tracker.report(mark('shop', 'b', 7 * MINUTE))).toBe(7 * MINUTE);
  });

  test('no report takes a tenant back', () => {
    const tracker = new WatermarkTracker();
    tracker.report(mark('shop', 'a', 5 * MINUTE, 1));
    expect(tracker.report(mark('shop', 'a', 2 * MINUTE, 1))).toBeUndefined();
    expect(tracker.time('shop')).toBe(5 * MINUTE);
  });

  test("no tenant's time depends on another's", () => {
    const tracker = new WatermarkTracker();
    tracker.report(mark('shop', 'a', 5 * MINUTE));
    expect(tracker.report(mark('bank', 'x', 2 * MINUTE, 1))).toBe(2 * MINUTE);
    expect(tracker.time('shop')).toBe(Number.NEGATIVE_INFINITY);
  });

  test('an idle upstream no longer holds its tenant, and holds it again once it speaks', () => {
    const tracker = new WatermarkTracker();
    tracker.report(mark('shop', 'a', 5 * MINUTE));
    tracker.report(mark('shop', 'b', 1 * MINUTE));
    expect(tracker.idle('shop', 'b')).toBe(5 * MINUTE);
    expect(tracker.report(mark('shop', 'b', 6 * MINUTE))).toBeUndefined();
    expect(tracker.report(mark('shop', 'a', 9 * MINUTE))).toBe(6 * MINUTE);
  });

  test('when all are idle the tenant stands: only silence moves it', () => {
    const tracker = new WatermarkTracker();
    tracker.report(mark('shop', 'a', 5 * MINUTE, 1));
    expect(tracker.idle('shop', 'a')).toBeUndefined();
    expect(tracker.time('shop')).toBe(5 * MINUTE);
  });

  test('all have ended when every expected one has', () => {
    const tracker = new WatermarkTracker();
    tracker.expect('shop', 2);
    tracker.end('shop', 'a');
    expect(tracker.allEnded('shop')).toBe(false);
    tracker.report(mark('shop', 'b', MINUTE));
    tracker.end('shop', 'b');
    expect(tracker.allEnded('shop')).toBe(true);
    tracker.report(mark('shop', 'a', 2 * MINUTE));
    expect(tracker.allEnded('shop')).toBe(false);
    expect(tracker.allEnded('bank')).toBe(false);
  });

  test('silence raises a tenant and never lowers it', () => {
    const tracker = new WatermarkTracker();
    expect(tracker.raise('shop', 4 * MINUTE)).toBe(4 * MINUTE);
    expect(tracker.raise('shop', 4 * MINUTE)).toBeUndefined();
    expect(tracker.raise('shop', MINUTE)).toBeUndefined();
    expect(tracker.time('shop')).toBe(4 * MINUTE);
  });

  test('what was saved goes on where it stood', () => {
    const tracker = new WatermarkTracker();
    tracker.report(mark('shop', 'a', 5 * MINUTE));
    tracker.report(mark('shop', 'b', 3 * MINUTE));
    tracker.report(mark('quiet', 'x', MINUTE));
    const restored = new WatermarkTracker();
    restored.restore(JSON.parse(JSON.stringify(tracker.save())));
    expect(restored.time('shop')).toBe(3 * MINUTE);
    expect(restored.time('quiet')).toBe(Number.NEGATIVE_INFINITY);
    expect(restored.save()).toEqual(tracker.save());
    expect(restored.report(mark('shop', 'b', 4 * MINUTE))).toBe(4 * MINUTE);
  });

  test('upstreams that are named anew all report again', () => {
    const tracker = new WatermarkTracker();
    tracker.report(mark('shop', 'a', 5 * MINUTE));
    tracker.report(mark('shop', 'b', 3 * MINUTE));
    const restored = new WatermarkTracker();
    restored.restore(tracker.save());
    restored.reopen();
    expect(restored.time('shop')).toBe(3 * MINUTE);
    expect(restored.report(mark('shop', 'a', 9 * MINUTE))).toBeUndefined();
    expect(restored.report(mark('shop', 'b', 6 * MINUTE))).toBe(6 * MINUTE);
  });
});
