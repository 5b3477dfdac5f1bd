import type { LogLevel } from './log-levels.ts';
import { createLogger } from './logger.ts';

/** ms between two lines about progress; `debug` has every one. */
const PROGRESS_EVERY = 10_000;

/** What a run writes to its log: JSON lines on stderr, nothing unless a level is asked for. */
export interface RunLog {
  notice(text: string): void;
  progress(state: { run: string; events: number; bytes: number; reached: number | undefined; alerts: number }): void;
  end(state: { events: number; took: number; stopped: boolean }): void;
}

export function createRunLog(level: LogLevel): RunLog {
  const logger = createLogger(level);
  let last = performance.now();
  return {
    notice: (text) => logger.info(text),
    progress({ reached, ...state }) {
      const now = performance.now();
      const fields = { ...state, reached: reached === undefined ? null : new Date(reached).toISOString(), rss: process.memoryUsage.rss() };
      logger.debug(fields, 'progress');
      if (now - last < PROGRESS_EVERY || level === 'debug') return;
      last = now;
      logger.info(fields, 'progress');
    },
    end: (state) => logger.info({ ...state, took: Math.round(state.took) }, state.stopped ? 'stopped' : 'done'),
  };
}
