import { formatNumber } from './table.ts';
import { cutText } from './text-width.ts';

/** What a long run tells about itself. */
export interface ProgressState {
  /** events read so far */
  events: number;
  /** event time reached, ms since the epoch; undefined before the first event */
  time?: number;
  alerts: number;
  /** share of the input's bytes read, 0..1; undefined when nobody knows */
  share?: number;
}

export interface Progress {
  update(state: ProgressState): void;
  /** Takes the line away for a message on stderr; the next update brings it back. */
  clear(): void;
  /** Takes the line away for good. */
  stop(): void;
}

export interface ProgressOptions {
  quiet?: boolean;
  stream?: NodeJS.WriteStream;
  /** ms, for the rate */
  now?: () => number;
}

/** The line is redrawn at most this often, ms. */
const REDRAW_MS = 200;

/** One line on stderr that is written over: events, rate, event time reached, alerts. Nothing when stderr is no terminal. */
export function createProgress(options: ProgressOptions = {}): Progress {
  const stream = options.stream ?? process.stderr;
  if (options.quiet === true || stream.isTTY !== true) return { update() {}, clear() {}, stop() {} };
  const now = options.now ?? (() => performance.now());
  const begun = now();
  let drawn = Number.NEGATIVE_INFINITY;
  let visible = false;
  let stopped = false;
  const clear = () => {
    if (visible) stream.write('\r\u001b[K');
    visible = false;
  };
  return {
    update(state) {
      const time = now();
      if (stopped || time - drawn < REDRAW_MS) return;
      drawn = time;
      visible = true;
      stream.write(`\r${cutText(progressText(state, time - begun), Math.max(20, (stream.columns ?? 80) - 1))}\u001b[K`);
    },
    clear,
    stop() {
      clear();
      stopped = true;
    },
  };
}

/** The line's text. `elapsed` in ms. */
export function progressText(state: ProgressState, elapsed: number): string {
  const rate = elapsed > 0 ? Math.round((state.events * 1000) / elapsed) : 0;
  const parts = [`${formatNumber(state.events)} events`, `${formatNumber(rate)}/s`];
  if (state.share !== undefined) parts.unshift(`${Math.floor(Math.min(1, Math.max(0, state.share)) * 100)} %`);
  if (state.time !== undefined) parts.push(`at ${new Date(state.time).toISOString().slice(0, 16).replace('T', ' ')} UTC`);
  parts.push(state.alerts === 1 ? '1 alert' : `${formatNumber(state.alerts)} alerts`);
  return parts.join('  ');
}
