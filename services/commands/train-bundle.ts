import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { bundleHash, readBundle, sha256, writeBundle } from '../../models/registry/bundle-folder.ts';
import { BESIDE_FILES, BUNDLE_VERSION, MANIFEST_FILE } from '../../models/registry/manifest-schema.ts';
import { parseMarks } from '../../schemas/marks.ts';
import { writeOut } from '../console/output.ts';
import { createStepLine } from '../console/step-line.ts';
import { WeirError } from '../core/errors.ts';
import { sampleBytes } from '../core/raw.ts';
import { openInput } from '../drivers/embedded/byte-source.ts';
import type { KnownInput } from '../drivers/embedded/driver.ts';
import { loadAddressTables } from '../ingest/addresses/address-loader.ts';
import { detectFormat } from '../ingest/detect.ts';
import { defaultLateness } from '../ingest/formats/registry.ts';
import type { FormatName } from '../ingest/normalise-config.ts';
import { makeFolder } from '../state/make-folder.ts';
import { makeBundle } from '../training/make-bundle.ts';
import type { MarkedRows } from '../training/marked-rows.ts';
import { markedRows, rowsOf } from '../training/marked-rows.ts';
import { MOST_TENANTS } from '../training/training-plans.ts';
import { defaultConfig, loadConfig } from './config.ts';
import { detectInputs } from './detect-inputs.ts';
import { existingKey } from './master-key.ts';
import { topologyConfigOf } from './topology-config.ts';
import { programVersion } from './version.ts';

/** What `weir train` without `--table` was told; texts as given. */
export interface TrainBundleFlags {
  seed?: string;
  tenants?: string;
  /** folder of the bundle; its name is the version */
  out?: string;
  threads?: string;
  /** a bundle's folder: is made again and compared */
  check?: string;
  /** file of marks as `weir incidents marks --json` writes them */
  marks?: string;
  /** the marked tenants' own logs */
  log?: string[];
  config?: string;
  /** data folder whose hash key names the marked entities */
  data?: string;
  /** factor on the weight of marked windows */
  markWeight?: string;
  quiet?: boolean;
}

/** Seed and number of tenants that the shipped bundle was made with. */
export const SHIPPED = { seed: 1, tenants: 120 };
/** What a marked window weighs against a simulated one: a person has looked at it. */
const MARK_WEIGHT = 3;

/** `weir train` without a table: simulates tenants, trains the scorers of both views, writes a bundle's folder. */
export async function trainBundle(flags: TrainBundleFlags): Promise<void> {
  const threads = whole('threads', flags.threads, Math.min(2, availableParallelism()), 1, 64);
  if (flags.check !== undefined) return checkBundle(flags.check, threads, flags.quiet === true);
  const seed = whole('seed', flags.seed, SHIPPED.seed, 0, 99_999);
  const tenants = whole('tenants', flags.tenants, SHIPPED.tenants, 2, MOST_TENANTS);
  if (flags.out === undefined)
    throw new WeirError('usage', '--out FOLDER is missing: where the bundle goes (with --table FILE.csv: a forest from a table)');
  const out = resolve(flags.out);
  const version = basename(out);
  if (!BUNDLE_VERSION.test(version))
    throw new WeirError('usage', `--out ${out}: the folder's name is the bundle's version, of a-z, 0-9, ., _ and -, 63 at most`);
  makeRoom(out);
  if (flags.marks === undefined) {
    const given = flags.log ?? flags.config ?? flags.data ?? flags.markWeight;
    if (given !== undefined)
      throw new WeirError('usage', '--log, --config, --data and --mark-weight go with --marks FILE, which is missing');
  }
  const addresses = await loadAddressTables({});
  const marked = flags.marks === undefined ? undefined : await marksOf(flags, flags.marks);
  if (flags.quiet !== true)
    for (const rows of marked?.tenants ?? [])
      process.stderr.write(`weir: tenant ${rows.tenant}: ${rows.campaigns.length} marks, ${rowsOf(rows)} windows to learn from\n`);
  const { data } = await withProgress(flags.quiet === true, (onProgress) =>
    makeBundle({
      version,
      seed,
      tenants,
      threads,
      program: programVersion(),
      addresses,
      marked,
      onProgress,
    }),
  );
  writeBundle(out, data);
  await writeOut(`${out}\n`);
}

/** Makes a bundle again from what its manifest says and compares every byte. Throws `model_corrupt` naming what differs. */
async function checkBundle(folder: string, threads: number, quiet: boolean): Promise<void> {
  const there = readBundle(folder);
  const { made, version } = there.manifest;
  if (made.marked !== undefined)
    throw new WeirError(
      'usage',
      `${folder} was made with marks and logs of real tenants: give them again with --marks and --log, and another --out`,
    );
  const major = Number(process.versions.node.split('.')[0]);
  if (made.node !== major && !quiet)
    process.stderr.write(`made on Node ${String(made.node)}, this is Node ${major}: mathematical functions may differ in the last digit\n`);
  const addresses = await loadAddressTables({});
  const { data } = await withProgress(quiet, (onProgress) =>
    makeBundle({
      version,
      seed: Number(made.seed),
      tenants: Number(made.tenants),
      threads,
      program: String(made.program),
      addresses,
      onProgress,
    }),
  );
  const names = [...new Set([...Object.keys(there.files), ...Object.keys(data.files)])].sort();
  const differing = names.filter((name) => !BESIDE_FILES.includes(name) && hashOf(there.files[name]) !== hashOf(data.files[name]));
  if (differing.length > 0 || bundleHash(there) !== bundleHash(data)) {
    const what = differing.map((name) => `${name} (${hashOf(there.files[name])}, made again ${hashOf(data.files[name])})`).join(', ');
    throw new WeirError(
      'model_corrupt',
      `${folder} is not what its manifest makes: ${what === '' ? `the manifest differs, ${bundleHash(there)}, made again ${bundleHash(data)}` : what}`,
    );
  }
  await writeOut(`${folder}: made again from seed ${String(made.seed)}, ${String(made.tenants)} tenants: the same bytes\n`);
}

function hashOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'missing' : sha256(bytes);
}

/** The marked windows of the tenants' own logs. */
async function marksOf(flags: TrainBundleFlags, path: string): Promise<MarkedRows> {
  if (flags.log === undefined || flags.log.length === 0)
    throw new WeirError('usage', '--marks needs the logs that the marked incidents were found in: --log FILE…');
  const { config, version } = flags.config === undefined ? defaultConfig(process.cwd()) : loadConfig(flags.config);
  const { inputs, sources } = detectInputs(flags.log, config, {});
  const known: KnownInput[] = [];
  for (const input of inputs) {
    const format = (input.format ?? (await formatOf(input.path))) as FormatName;
    known.push({ ...input, format, partition: input.path, lateness: input.lateness ?? defaultLateness(format) });
  }
  const addresses = await loadAddressTables({ csv: config.address_data?.csv });
  const dataFolder = resolve(flags.data ?? ('path' in config.store ? config.store.path : './weir-data'));
  return markedRows({
    marks: readMarks(path),
    inputs: known,
    weight: weightOf(flags.markWeight),
    topology: topologyConfigOf({ config, version, sources, inputs: known, key: existingKey(config, dataFolder), addresses }),
  });
}

function readMarks(path: string): ReturnType<typeof parseMarks> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new WeirError('input_missing', `there is no file of marks ${path}`, { cause });
  }
  try {
    return parseMarks(text);
  } catch (cause) {
    throw new WeirError('input_format', `${path}: ${(cause as Error).message}`, { cause });
  }
}

async function formatOf(path: string): Promise<string> {
  const detection = detectFormat((await openInput(path, sampleBytes(path))).head);
  if (detection.format === undefined)
    throw new WeirError('input_format', `${path}: ${detection.reason}; name the format in the config's sources`);
  return detection.format;
}

function weightOf(text: string | undefined): number {
  if (text === undefined) return MARK_WEIGHT;
  const weight = text.trim() === '' ? Number.NaN : Number(text);
  if (!(weight > 0 && weight <= 1000)) throw new WeirError('usage', `--mark-weight ${text}: a number above 0, at most 1000`);
  return weight;
}

/** One line that moves, on a terminal only. */
async function withProgress<T>(quiet: boolean, work: (onProgress: (step: string, share: number) => void) => Promise<T>): Promise<T> {
  const line = createStepLine({ quiet });
  try {
    return await work((step, share) => line.show(`${String(Math.round(100 * share)).padStart(3)} %  ${step}`));
  } finally {
    line.clear();
  }
}

/** Minutes of work need a place to go, checked before. Throws `usage` or `disk`. */
function makeRoom(out: string): void {
  if (existsSync(join(out, MANIFEST_FILE))) return; // the same bytes again are fine, writeBundle compares
  if (existsSync(out)) throw new WeirError('usage', `--out ${out} exists and holds no bundle: name a folder that is not there yet`);
  try {
    makeFolder(dirname(out));
    accessSync(dirname(out), constants.W_OK);
  } catch (cause) {
    throw new WeirError('disk', `cannot write ${out}: ${(cause as Error).message}`, { cause });
  }
}

function whole(name: string, text: string | undefined, usual: number, low: number, high: number): number {
  if (text === undefined) return usual;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isInteger(value) || value < low || value > high)
    throw new WeirError('usage', `--${name} ${text}: a whole number from ${low} to ${high}`);
  return value;
}
