import { setTimeout as wait } from 'node:timers/promises';
import { EXIT, WeirError } from '../core/errors.ts';

/** ms that one question to a server, a disk or a name service may take: what does not answer is said to be away. */
export const PATIENCE_MS = 5000;

/** One thing that `weir doctor` looked at. */
export interface Check {
  /** what: `brokers`, `source shop`, `store` … */
  name: string;
  level: 'ok' | 'warn' | 'fail';
  /** what is there */
  found: string;
  /** what to do about it; '' for nothing */
  remedy: string;
  /** of a failure: what has to change */
  fault?: 'config' | 'environment';
}

export function ok(name: string, found: string): Check {
  return { name, level: 'ok', found, remedy: '' };
}

export function warn(name: string, found: string, remedy: string): Check {
  return { name, level: 'warn', found, remedy };
}

export function fail(name: string, fault: 'config' | 'environment', found: string, remedy: string): Check {
  return { name, level: 'fail', found, remedy, fault };
}

/** A check that threw: its own words; whose fault it is the error's code says. */
export function failed(name: string, error: unknown, remedy = ''): Check {
  if (!(error instanceof WeirError)) throw error;
  return fail(name, error.exitCode === EXIT.environment ? 'environment' : 'config', error.message, remedy);
}

/**
 * What `body` gives, or throws, within the time; after it, the error that `late` makes. The work itself is not stopped:
 * whoever waits no longer has to close what it holds.
 */
export async function within<T>(body: () => Promise<T>, late: () => Error, ms = PATIENCE_MS): Promise<T> {
  const done = new AbortController();
  const work = body();
  work.catch(() => undefined); // an answer that nobody waits for any more
  try {
    return await Promise.race([work, wait(ms, undefined, { signal: done.signal }).then(() => Promise.reject(late()))]);
  } finally {
    done.abort();
  }
}

/** 0 where nothing failed; 2 where the config has to change, 3 where the surroundings have to. */
export function exitCodeOf(checks: readonly Check[]): number {
  const failures = checks.filter(({ level }) => level === 'fail');
  if (failures.some(({ fault }) => fault === 'config')) return EXIT.usage;
  return failures.length > 0 ? EXIT.environment : EXIT.done;
}

/** `3 h 20 min`, `12 s`: two units at most. @param ms not negative */
export function spanText(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const;
  const first = units.findIndex(([, size]) => ms >= size);
  if (first < 0) return `${Math.round(ms)} ms`;
  const [name, size] = units[first];
  const whole = Math.floor(ms / size);
  const next = units[first + 1];
  const rest = next === undefined ? 0 : Math.floor((ms - whole * size) / next[1]);
  return rest === 0 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${next[0]}`;
}

/** `1.5 GB`, by thousands. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toPrecision(2)} ${units[power]}`;
}
