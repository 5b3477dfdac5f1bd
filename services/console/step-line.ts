import { cutText } from './text-width.ts';

/** One line on stderr that is written over by the next; nothing when stderr is no terminal. */
export interface StepLine {
  /** What is going on; shown at most five times a second. */
  show(text: string): void;
  /** Takes the line away. */
  clear(): void;
}

/** The line is redrawn at most this often, ms. */
const REDRAW_MS = 200;

export function createStepLine(options: { quiet?: boolean; stream?: NodeJS.WriteStream; now?: () => number } = {}): StepLine {
  const stream = options.stream ?? process.stderr;
  if (options.quiet === true || stream.isTTY !== true) return { show() {}, clear() {} };
  const now = options.now ?? (() => performance.now());
  let drawn = Number.NEGATIVE_INFINITY;
  let visible = false;
  return {
    show(text) {
      if (now() - drawn < REDRAW_MS) return;
      drawn = now();
      visible = true;
      stream.write(`\r${cutText(text, Math.max(20, (stream.columns ?? 80) - 1))}\u001b[K`);
    },
    clear() {
      if (visible) stream.write('\r\u001b[K');
      visible = false;
    },
  };
}
