/**
 * Chapter 3: panes, windows and time.
 *
 * Time is event time: when a record was complete. State is kept in tumbling panes of a minute and an hour, aligned to
 * the tenant's time zone; windows of 6 hours, a day, 3 and 7 days roll over hour panes. A pane closes when the tenant's
 * watermark has passed its end, and never by a clock on the wall.
 */
import { expect, test } from 'vitest';
import { HOUR, MINUTE, WatermarkTracker, watermarkOf } from '../../services/core/watermark.ts';
import { Panes } from '../../services/core/window.ts';

test('panes are numbered, so that arithmetic is on integers and there are no seams', () => {
  const panes = new Panes('Asia/Shanghai');
  const hour = panes.hourOf(Date.parse('2026-03-02T01:30:00Z'));
  expect(new Date(panes.hourStart(hour)).toISOString()).toBe('2026-03-02T01:00:00.000Z');
  expect(panes.hourOf(panes.hourStart(hour + 1) - 1)).toBe(hour);
});

test('a pane knows where it lies in the life of its tenant', () => {
  const at = Date.parse('2026-03-01T22:30:00Z'); // Sunday evening in London, Monday morning in Shanghai
  expect(new Panes('Europe/London').local(new Panes('Europe/London').hourOf(at))).toMatchObject({ hour: 22, weekday: 6 });
  expect(new Panes('Asia/Shanghai').local(new Panes('Asia/Shanghai').hourOf(at))).toMatchObject({ hour: 6, weekday: 0 });
});

test('zones off the full hour have panes that begin at their own full hour', () => {
  const panes = new Panes('Asia/Kolkata');
  const hour = panes.hourOf(Date.parse('2026-03-02T06:45:00Z')); // 12:15 local
  expect(new Date(panes.hourStart(hour)).toISOString()).toBe('2026-03-02T06:30:00.000Z');
  expect(panes.local(hour).hour).toBe(12);
});

test('a watermark is the highest event time less the lateness: how long we wait for stragglers', () => {
  const noon = Date.parse('2026-03-02T12:00:00Z');
  expect(new Date(watermarkOf(noon + 90_000, 2 * MINUTE)).toISOString()).toBe('2026-03-02T11:59:00.000Z');
});

test('a tenant advances with the slowest of its inputs, and only of its own', () => {
  const noon = Date.parse('2026-03-02T12:00:00Z');
  const tracker = new WatermarkTracker();
  const report = (tenant: string, upstream: string, time: number, upstreams: number) =>
    tracker.report({ tenant, upstream, upstreams, time });
  report('shop', 'gateway-1', noon, 2);
  expect(tracker.time('shop')).toBe(Number.NEGATIVE_INFINITY); // gateway-2 has not spoken yet
  expect(report('shop', 'gateway-2', noon - HOUR, 2)).toBe(noon - HOUR);
  expect(report('bank', 'core', noon + HOUR, 1)).toBe(noon + HOUR); // does not wait for the shop
  expect(tracker.idle('shop', 'gateway-2')).toBe(noon); // nothing more for now: holds nobody back
});
