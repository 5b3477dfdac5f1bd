import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { writeBundle } from '../../models/registry/bundle-folder.ts';
import { WeirError } from '../core/errors.ts';
import { loadAddressTables } from '../ingest/address-loader.ts';
import { makeBundle } from '../training/make-bundle.ts';
import { MOST_TENANTS } from '../training/training-plans.ts';
import { packageRoot } from './version.ts';

/** What `weir train` without `--table` was told; texts as given. */
export interface TrainBundleFlags {
  seed?: string;
  tenants?: string;
  out?: string;
  threads?: string;
  quiet?: boolean;
}

/** Seed and number of tenants that the shipped bundle was made with. */
export const SHIPPED = { seed: 1, tenants: 132 };

/** `weir train` without a table: simulates tenants, trains the scorers of both views, writes a bundle's folder. */
export async function trainBundle(flags: TrainBundleFlags): Promise<void> {
  const seed = whole('seed', flags.seed, SHIPPED.seed, 0, 99_999);
  const tenants = whole('tenants', flags.tenants, SHIPPED.tenants, 2, MOST_TENANTS);
  const threads = whole('threads', flags.threads, Math.min(2, availableParallelism()), 1, 64);
  const out = resolve(flags.out ?? './weir-model');
  const begun = process.cpuUsage();
  const { data } = await makeBundle({
    version: basename(out),
    seed,
    tenants,
    threads,
    program: programVersion(),
    addresses: await loadAddressTables({}),
    onProgress: flags.quiet === true ? undefined : showProgress,
  });
  writeBundle(out, data);
  const { user, system } = process.cpuUsage(begun);
  if (flags.quiet !== true) process.stderr.write(`wrote ${out} after ${((user + system) / 1e6).toFixed(0)} CPU seconds\n`);
}

function programVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}

function showProgress(step: string, share: number): void {
  process.stderr.write(`${String(Math.round(100 * share)).padStart(3)} %  ${step}\n`);
}

function whole(name: string, text: string | undefined, usual: number, low: number, high: number): number {
  if (text === undefined) return usual;
  const value = Number(text);
  if (!Number.isInteger(value) || value < low || value > high)
    throw new WeirError('usage', `--${name} ${text}: a whole number from ${low} to ${high}`);
  return value;
}
