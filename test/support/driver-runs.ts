import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedOptions, type EmbeddedResult, runEmbedded } from '../../services/drivers/embedded/driver.ts';
import type { MemorySink } from './memory-sink.ts';

/** A small linear congruential generator: the same numbers for the same seed. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export const START = Date.UTC(2026, 2, 2, 8);

/** Lines of the counting topology: `n` events over `hours`, in order of time. */
export function makeLines(seed: number, n: number, hours: number, start = START): string[] {
  const next = numbers(seed);
  return Array.from({ length: n }, (_, i) => {
    const at = start + Math.floor((i * hours * 3_600_000) / n);
    return `${at} account-${Math.floor(next() * 50)} /api/${Math.floor(next() ** 2 * 12)}`;
  });
}

/** The lines with each moved by less than `by` ms of event time. */
export function shuffled(lines: string[], seed: number, by: number): string[] {
  const next = numbers(seed);
  return lines
    .map((line) => ({ line, at: Number(line.split(' ')[0]) + next() * by }))
    .sort((a, b) => a.at - b.at)
    .map(({ line }) => line);
}

export function writeLines(folder: string, name: string, lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

export interface CountingRun extends Partial<Omit<EmbeddedOptions, 'inputs'>> {
  files: string[];
  folder: string;
  sink: MemorySink;
  tenant?: string;
  /** events of an interface's hour that make an alert */
  threshold?: number;
  /** times of events at which a stage fails */
  failOn?: string[];
}

/** Runs the counting topology over files. */
export function count({ files, folder, sink, tenant = 'shop', threshold = 60, failOn, ...options }: CountingRun): Promise<EmbeddedResult> {
  return runEmbedded({
    inputs: files.map((path) => ({ tenant, source: 'log', path })),
    folder,
    topologyModule: new URL('./counting-topology.mjs', import.meta.url),
    topologyConfig: () => ({ threshold, failOn }),
    configVersion: 'test',
    program: '0.0.0',
    sinks: () => [sink],
    detect: () => 'counting',
    latenessOf: () => 120_000,
    ...options,
  });
}
