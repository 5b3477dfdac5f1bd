import { destination, type Logger, pino } from 'pino';
import type { LogLevel } from './log-levels.ts';

export type { Logger } from 'pino';

/** JSON lines on stderr, so that stdout stays for results. Commands are silent unless the user asks for a level. */
export function createLogger(level: LogLevel = 'silent'): Logger {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }));
}
