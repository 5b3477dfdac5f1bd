import { expect, test } from 'vitest';
import type { ControlRecord } from '../../services/core/control.ts';
import { HOUR, MINUTE } from '../../services/core/watermark.ts';
import { Panes } from '../../services/core/window.ts';
import { PaneClock, type PaneKeeper } from '../../services/scoring/pane-clock.ts';

const REACHED = { a: 10 * HOUR + 5 * MINUTE, b: 12 * HOUR + 20 * MINUTE };

/** What two inputs come to that have reached different times, by the order in which they end. */
function run(order: readonly ('a' | 'b')[]): { said: ControlRecord[]; closed: string[] } {
  const said: ControlRecord[] = [];
  const closed: string[] = [];
  let open = 9;
  const close = (what: string, end: number): void => {
    closed.push(`${what} ${clock.provisional('t', end) ? 'for now' : 'for good'}`);
  };
  const keeper: PaneKeeper = {
    panes: new Panes('UTC'),
    nextHour: (target) => (open <= 13 && open * HOUR < target ? open : undefined),
    closeMinutes: (hour, from, until) => {
      for (let minute = from; minute < until; minute += 5) close(`${hour} minute ${minute % 60}`, (minute + 1) * MINUTE);
    },
    closeHour: (hour) => {
      close(`hour ${hour}`, (hour + 1) * HOUR);
      open = hour + 1;
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
  for (let epoch = 0; epoch < 24; epoch++) clock.control({ kind: 'shared', tenant: 't', epoch, knowledge: new Uint8Array() });
  for (const upstream of order) {
    clock.control({ kind: 'watermark', tenant: 't', upstream, upstreams: 2, time: REACHED[upstream] });
    if (upstream === order[0]) clock.control({ kind: 'watermark', tenant: 't', upstream: order[1], upstreams: 2, time: 9 * HOUR });
    clock.control({ kind: 'end', tenant: 't', upstream, provisional: true });
  }
  return { said, closed };
}

test('what is final does not depend on which input ended first: time goes as far as any has come', () => {
  const late = run(['b', 'a']);
  const early = run(['a', 'b']);
  const steps = (minutes: string[]) => minutes.map((line) => line.replace(/ minute \d+/, ' minutes'));
  expect([...new Set(steps(late.closed))]).toEqual([...new Set(steps(early.closed))]);
  expect(late.closed).toContain('hour 11 for good');
  expect(late.closed).toContain('12 minute 15 for good');
  expect(late.closed).toContain('12 minute 20 for now');
  expect(late.closed).toContain('hour 12 for now');
  for (const { said } of [late, early]) {
    expect(said).toContainEqual({ kind: 'watermark', tenant: 't', upstream: 'account-0', upstreams: 1, time: REACHED.b });
    expect(said.at(-1)).toMatchObject({ kind: 'end', provisional: true });
  }
});
