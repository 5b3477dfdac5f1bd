import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { WeirError } from '../../core/errors.ts';
import { sampleBytes } from '../../core/raw.ts';
import type { Sink } from '../../core/sink.ts';
import type { CreateTopology } from '../../core/topology-contract.ts';
import type { InputPosition } from '../../state/manifest.ts';
import type { AlertFile } from './alert-file.ts';
import { openInput } from './byte-source.ts';
import { isPattern } from './file-pattern.ts';
import { HEAD_BYTES, identityOf, newIdentity } from './identity.ts';
import type { RunInbox } from './inbox.ts';
import type { InletInput } from './inlet-input.ts';
import { type KnownRun, knownRuns, MAIN_RUN, recordFeedback } from './known-runs.ts';
import { compiled } from './modules.ts';
import type { InputSpec, Notice, PlannedInput } from './planned-input.ts';
import { probeSpan } from './probe.ts';
import type { FollowOptions } from './quiet.ts';
import { checkWorkers, EmbeddedRun } from './run.ts';
import type { Progress, RunResult, RunView } from './run-contract.ts';
import { sightedInputs } from './sightings.ts';
import { recogniseFile, Tails } from './tails.ts';

/** ms of work between cuts: what a crash costs at most, give or take. */
const CUT_EVERY = 30_000;
const DEFAULT_WORKERS = 2;

export type { About, InputSpec, Notice } from './planned-input.ts';

export interface EmbeddedOptions {
  inputs: InputSpec[];
  /** folder for snapshots, made when missing; the caller holds its lock */
  folder: string;
  /** plain data for createTopology, once it is known what the inputs are */
  topologyConfig(inputs: readonly KnownInput[]): unknown;
  /** module that exports createTopology; the product's own when left out */
  topologyModule?: URL;
  configVersion: string;
  program: string;
  /** worker threads, 1 to the number of cores; default 2 */
  workers?: number;
  /** where the outcomes of a run go; asked once for each run that has something to do, after the one before is over */
  sinks(run: string): readonly Sink[] | Promise<readonly Sink[]>;
  alertFile?: AlertFile;
  /** names the format of an input from its first bytes. Throws `input_format` */
  detect(head: Uint8Array, path: string): string;
  /** default lateness of a format, ms */
  latenessOf(format: string): number;
  cutEvery?: number;
  /** what `-` reads; default: the process's standard input */
  stdin?: Readable;
  /**
   * go on reading at the end of the inputs until the signal says stop; nothing is flushed then. Files may be missing at the
   * start, be rotated, and be named by patterns. `-` is read to its end
   */
  follow?: FollowOptions;
  /** with `follow`: inputs whose bytes this process takes itself */
  inlets?: readonly InletInput[];
  /** what lies before these uncompressed offsets, by partition, will not be read again */
  onCut?(offsets: ReadonlyMap<string, number>): void | Promise<void>;
  /** a run has begun; `view` can be asked until the next one begins */
  onRun?(view: () => RunView): void;
  /** stop reading, save the state, return */
  signal?: AbortSignal;
  /** what other processes ask while runs are on, and after; a change of what stages are made from asks `topologyConfig` again */
  inbox?: RunInbox;
  onProgress?: (progress: Progress) => void;
  /** things to know that are no errors: one sentence each */
  onNotice?: Notice;
}

/** An input that has been looked at. */
export interface KnownInput {
  path: string;
  tenant: string;
  source: string;
  /** identity */
  partition: string;
  format: string;
  /** ms */
  lateness: number;
}

export interface EmbeddedResult {
  runs: RunResult[];
  stopped: boolean;
  /** what was read, under which identity and format, in the order given; the same file twice is listed once */
  inputs: (KnownInput & { run: string; resumedAt: number })[];
}

/** Runs the topology over files in this process: looks at the inputs, decides which run each belongs to, runs them. */
export async function runEmbedded(options: EmbeddedOptions): Promise<EmbeddedResult> {
  try {
    const before: EmbeddedResult = { runs: [], stopped: false, inputs: [] };
    for (;;) {
      const result = await runOnce(options);
      before.runs.push(...result.runs);
      for (const input of result.inputs) {
        if (!before.inputs.some((other) => other.run === input.run && other.partition === input.partition)) before.inputs.push(input);
      }
      if (result.runs.some((run) => run.changed)) continue;
      await options.inbox?.close(async (request) => {
        if (request.kind === 'change') await request.act();
        else recordFeedback(options.folder, request.record);
      });
      return { runs: joined(before.runs), stopped: result.stopped, inputs: before.inputs };
    }
  } catch (error) {
    options.inbox?.fail(error);
    throw error;
  }
}

/** What a run did in all, when it was begun again on the way. */
function joined(results: readonly RunResult[]): RunResult[] {
  const byName = new Map<string, RunResult>();
  for (const later of results) {
    const first = byName.get(later.name);
    byName.set(later.name, first === undefined ? later : followed(first, later));
  }
  return [...byName.values()];
}

function followed(first: RunResult, later: RunResult): RunResult {
  const sum = (name: 'events' | 'bytes' | 'cuts' | 'alerts' | 'incidents' | 'retracted'): number => first[name] + later[name];
  return {
    ...later,
    nothingNew: first.nothingNew && later.nothingNew,
    events: sum('events'),
    bytes: sum('bytes'),
    cuts: sum('cuts'),
    alerts: sum('alerts'),
    incidents: sum('incidents'),
    retracted: sum('retracted'),
    problems: [...new Set([...first.problems, ...later.problems])],
  };
}

async function runOnce(options: EmbeddedOptions): Promise<EmbeddedResult> {
  const cores = availableParallelism();
  const workers = checkWorkers(options.workers ?? Math.min(DEFAULT_WORKERS, cores), Math.max(cores, DEFAULT_WORKERS));
  const topologyModule = (options.topologyModule ?? compiled('../../topology.js', import.meta.url)).href;
  const notice = options.onNotice ?? (() => undefined);
  const runs = knownRuns(options.folder);
  const result: EmbeddedResult = { runs: [], stopped: false, inputs: [] };
  const planned = new Map<KnownRun, PlannedInput[]>();
  const fresh: PlannedInput[] = [];
  const plan = (run: KnownRun, input: PlannedInput): void => {
    const inputs = planned.get(run) ?? [];
    planned.set(run, inputs);
    const same = inputs.findIndex((other) => other.partition === input.partition);
    if (same >= 0) {
      const other = inputs[same];
      const longer = input.opened.kind === other.opened.kind && input.opened.size > other.opened.size;
      notice(
        `${input.path} begins as ${other.path} does and is taken for the same file: ${longer ? `${input.path}, the longer one, is read` : 'read once'}`,
      );
      if (longer) {
        inputs[same] = input;
        const listed = result.inputs.findIndex((one) => one.run === run.name && one.partition === input.partition);
        result.inputs[listed] = { ...known(input), run: run.name, resumedAt: input.start.offset };
      }
      return;
    }
    inputs.push(input);
    result.inputs.push({ ...known(input), run: run.name, resumedAt: input.start.offset });
  };
  const follow = options.follow === undefined ? undefined : await plansToFollow(options, options.follow, runs[0]);
  if (follow !== undefined) {
    planned.set(runs[0], []);
    for (const input of follow.inputs) plan(runs[0], input);
  }
  for (const spec of options.inputs) {
    if (follow !== undefined && spec.path !== '-') continue;
    const input = await look(spec, runs, options);
    if (input.run === undefined) fresh.push(input.plan);
    else plan(input.run, input.plan);
  }
  const topologyConfig = options.topologyConfig([...[...planned.values()].flat(), ...fresh].map(known));
  const late = follow === undefined ? await backfills(options, topologyModule, topologyConfig, runs[0], fresh) : [];
  if (late.length > 0) {
    const backfill: KnownRun = {
      name: `backfill-${late[0].partition}`,
      folder: join(options.folder, `backfill-${late[0].partition}`),
      manifest: undefined,
    };
    for (const input of late) {
      notice(
        `${input.path} ends before the time that ${input.tenant} has reached: it runs as a backfill, with its own state, into the same store`,
      );
      plan(backfill, input);
    }
  }
  for (const input of fresh) if (!late.includes(input)) plan(runs[0], input);
  for (const run of [...planned.keys()].sort((a, b) => Number(b.name === MAIN_RUN) - Number(a.name === MAIN_RUN))) {
    const done = await new EmbeddedRun({
      name: run.name,
      folder: run.folder,
      topologyModule,
      topologyConfig,
      configVersion: options.configVersion,
      program: options.program,
      workers,
      inputs: planned.get(run) ?? [],
      manifest: run.manifest,
      sinks: () => options.sinks(run.name),
      alertFile: options.alertFile,
      startsOutputs: run.name === MAIN_RUN,
      cutEvery: options.cutEvery ?? CUT_EVERY,
      follow: run.name === MAIN_RUN ? options.follow : undefined,
      tails: follow?.tails,
      lost: follow?.lost,
      onCut: options.onCut,
      onRun: options.onRun,
      signal: options.signal,
      inbox: options.inbox,
      onProgress: options.onProgress,
    }).execute();
    result.runs.push(done);
    result.stopped ||= done.stopped;
    if (result.stopped || done.changed) break;
  }
  return result;
}

function known({ path, tenant, source, partition, format, lateness }: PlannedInput): KnownInput {
  return { path, tenant, source, partition, format, lateness };
}

/** Opens an input and finds the run that knows it. */
async function look(
  spec: InputSpec,
  runs: KnownRun[],
  options: Pick<EmbeddedOptions, 'detect' | 'latenessOf' | 'stdin'>,
): Promise<{ run: KnownRun | undefined; plan: PlannedInput }> {
  const opened = await openInput(spec.path, sampleBytes(spec.path), options.stdin);
  const { tenant, source, path } = spec;
  if (opened.head.length === 0) {
    throw nothingIn(path);
  }
  if (opened.kind !== 'stdin') {
    for (const run of runs) {
      const known = await recogniseFile(tenant, opened, run.manifest?.inputs ?? []);
      if (known === undefined) continue;
      const start = { offset: known.offset, lines: known.lines };
      const format = spec.format ?? known.format;
      const lateness = spec.lateness ?? options.latenessOf(format);
      return {
        run,
        plan: {
          tenant,
          source: known.source,
          path,
          partition: known.partition,
          head: known.head,
          format,
          lateness,
          opened,
          start,
          behind: known.behind,
        },
      };
    }
  }
  const head = opened.kind === 'stdin' ? 0 : Math.min(HEAD_BYTES, opened.head.length);
  const taken = new Set(runs.flatMap((run) => run.manifest?.inputs ?? []).map((known) => known.partition));
  const partition = opened.kind === 'stdin' ? `stdin-${identityOf(tenant, opened.head)}` : newIdentity(tenant, opened.head, taken);
  const format = spec.format ?? options.detect(opened.head, path);
  const lateness = spec.lateness ?? options.latenessOf(format);
  return { run: undefined, plan: { tenant, source, path, partition, head, format, lateness, opened, start: { offset: 0, lines: 0 } } };
}

function nothingIn(path: string): WeirError {
  return new WeirError('nothing_parsed', `${path === '-' ? 'standard input' : path} is empty: there is nothing to read`);
}

/** The new inputs that end before the time that their tenant has reached. */
async function backfills(
  options: EmbeddedOptions,
  topologyModule: string,
  topologyConfig: unknown,
  main: KnownRun,
  inputs: PlannedInput[],
): Promise<PlannedInput[]> {
  const reached = main.manifest?.reached ?? {};
  const suspects = inputs.filter((input) => input.opened.kind !== 'stdin' && reached[input.tenant] !== undefined);
  if (suspects.length === 0) return [];
  const { createTopology } = (await import(topologyModule)) as { createTopology: CreateTopology };
  const topology = await createTopology(topologyConfig);
  const late: PlannedInput[] = [];
  for (const input of suspects) {
    const span = await probeSpan(topology, input);
    if (span.last !== undefined && span.last < reached[input.tenant]) late.push(input);
    else if (span.first !== undefined && span.first < reached[input.tenant]) {
      options.onNotice?.(`${input.path} begins before the time that ${input.tenant} has reached: what lies before it counts as late`);
    }
  }
  return late;
}

/** What a run that follows begins with: the files that are there, what was rotated away since the last cut, the inlets. */
async function plansToFollow(
  options: EmbeddedOptions,
  follow: FollowOptions,
  main: KnownRun,
): Promise<{ tails: Tails; inputs: PlannedInput[]; lost: InputPosition[] }> {
  const tails = new Tails({
    specs: options.inputs.filter((spec) => spec.path !== '-'),
    detect: options.detect,
    latenessOf: options.latenessOf,
    notice: options.onNotice ?? (() => undefined),
    now: follow.now,
  });
  if (!follow.patient) {
    for (const { path } of options.inputs) {
      if (path === '-' || isPattern(path)) continue;
      const { head } = await openInput(path, 1);
      if (head.length === 0) throw nothingIn(path);
    }
  }
  const seen = sightedInputs(main.folder, main.manifest?.inputs ?? []);
  const { opens, lost } = await tails.look([], seen);
  const inputs: PlannedInput[] = opens;
  for (const inlet of options.inlets ?? []) {
    const before = main.manifest?.inputs.find((one) => one.partition === inlet.partition);
    const offset = await inlet.continueAt(before?.offset ?? 0);
    inputs.push({
      tenant: inlet.tenant,
      source: inlet.source,
      path: inlet.path,
      partition: inlet.partition,
      head: 0,
      format: inlet.format,
      lateness: inlet.lateness ?? options.latenessOf(inlet.format),
      opened: {
        kind: 'inlet',
        head: new Uint8Array(0),
        size: 0,
        from: async (at) => inlet.from(at),
        end: () => inlet.end(),
        onNews: (listener) => inlet.onNews(listener),
      },
      start: { offset, lines: offset === before?.offset ? before.lines : 0 },
    });
  }
  return { tails, inputs, lost };
}
