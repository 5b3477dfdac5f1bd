import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ControlRecord } from '../../core/control.ts';
import { WeirError } from '../../core/errors.ts';
import type { RawChunk } from '../../core/raw.ts';
import type { LedgerEntry, Sink } from '../../core/sink.ts';
import type { Emit, Stage } from '../../core/stage.ts';
import { type CreateTopology, parseLedgerCounter } from '../../core/topology-contract.ts';
import { dayReached, keptAs } from '../../state/baseline-versions.ts';
import { FileSnapshotStore } from '../../state/file-snapshot-store.ts';
import { Journal, type JournalEntry } from '../../state/journal.ts';
import { type InputPosition, type Manifest, type Provisional, SNAPSHOT_VERSION } from '../../state/manifest.ts';
import { readProvisional, writeProvisional } from '../../state/provisional-file.ts';
import { afterCrash, MOST_CRASHES, readSuspects, type Stretch, type Suspects, stillOpen, writeSuspects } from '../../state/suspects.ts';
import { addCounters } from '../counters.ts';
import type { AlertFile } from './alert-file.ts';
import type { ByteSource } from './byte-source.ts';
import { Crew } from './crew.ts';
import { behindOf } from './identity.ts';
import type { RunInbox, RunRequest } from './inbox.ts';
import { recordFeedback } from './known-runs.ts';
import { LineReader, SpareBuffers } from './line-reader.ts';
import { Outlets } from './outlets.ts';
import type { PlannedInput } from './planned-input.ts';
import type { ToMain } from './protocol.ts';
import { type FollowOptions, type Hearable, Quiet } from './quiet.ts';
import { restoreTask } from './restore.ts';
import { chooseInput, pinInputs, type Readable } from './scheduler.ts';
import { forgetSightings, recordSighting, sightedInputs } from './sightings.ts';
import { TailSource } from './tail-source.ts';
import type { Tailed, Tails } from './tails.ts';

/** Bytes of a chunk: large enough to make messages cheap, small enough that a few in flight cost little. */
const CHUNK_BYTES = 512 * 1024;
/** Bytes of an input's first chunk: just enough to learn where in time it stands. */
const PEEK_BYTES = 16 * 1024;
/** Bytes that sinks may hold unwritten before reading waits for them. */
const SINK_LIMIT = 64 * 1024 * 1024;
const NEWLINE = 10;
/** A cut may take at most this share of the time since the last one. */
const CUT_SHARE = 0.1;
/** One that is made for the sake of a new day, so that the day before is kept as a version, at most this share of it. */
const DAY_CUT_SHARE = 0.02;
/** And such cuts lie at least this part of `cutEvery` apart. */
const DAY_CUT_PART = 1 / 30;

/** ms for which a file that was replaced is still looked at. */
const GRACE = 60_000;
/** Files that were rotated away and are remembered by their identity, per path. */
const MOST_FINISHED = 100;

export interface Progress {
  run: string;
  /** events parsed in this run of the program */
  events: number;
  /** uncompressed bytes read in this run of the program */
  bytes: number;
  /** bytes on disk of all inputs */
  size: number;
  /** lowest watermark over the inputs being read, ms; undefined before the first */
  reached: number | undefined;
  alerts: number;
}

export interface RunOptions {
  /** `main` or the name of a backfill */
  name: string;
  /** folder of this run's snapshots */
  folder: string;
  /** module that exports createTopology, as a URL */
  topologyModule: string;
  topologyConfig: unknown;
  configVersion: string;
  program: string;
  workers: number;
  inputs: PlannedInput[];
  manifest: Manifest | undefined;
  /** asked when the run has something to do */
  sinks(): readonly Sink[] | Promise<readonly Sink[]>;
  alertFile?: AlertFile;
  /** an output file that this run's manifest does not name is begun anew (else continued: another run wrote to it before) */
  startsOutputs: boolean;
  /** ms of work between cuts */
  cutEvery: number;
  /** go on reading at the end of the inputs until the signal says stop */
  follow?: FollowOptions;
  /** with `follow`: the files that are followed */
  tails?: Tails;
  /** known inputs whose file is gone: they are not looked for again */
  lost?: readonly InputPosition[];
  /** what lies before these uncompressed offsets, by partition, will not be read again */
  onCut?(offsets: ReadonlyMap<string, number>): void | Promise<void>;
  /** told at the start how to look at the run */
  onRun?(view: () => RunView): void;
  signal?: AbortSignal;
  /** what other processes ask meanwhile */
  inbox?: RunInbox;
  onProgress?: (progress: Progress) => void;
}

export interface RunResult {
  name: string;
  /** stopped by the signal: state is saved, nothing was flushed */
  stopped: boolean;
  /** cut because what its tasks are made from has changed: it is to be begun again from there */
  changed: boolean;
  /** every input held only what an earlier run had already taken */
  nothingNew: boolean;
  events: number;
  bytes: number;
  cuts: number;
  alerts: number;
  incidents: number;
  /** provisional alerts of an earlier run that the grown inputs no longer support */
  retracted: number;
  /** what cut inputs short */
  problems: string[];
  /** events by fate, since the beginning of the run's state */
  ledger: LedgerEntry[];
}

/** An input as it stands. */
export interface InputView {
  tenant: string;
  source: string;
  path: string;
  partition: string;
  /** uncompressed bytes read */
  offset: number;
  /** bytes that are known to be there, uncompressed; undefined where that cannot be known (compressed, standard input) */
  end: number | undefined;
  /** its watermark, ms; undefined before the first */
  reached: number | undefined;
  /** events read by this process */
  events: number;
  /** all that was there at the last look has been read */
  exhausted: boolean;
  /** it does not hold its tenant back */
  idle: boolean;
}

/** What a run says of itself. */
export interface RunView {
  name: string;
  /** worker threads and stages are up */
  started: boolean;
  inputs: InputView[];
  /** followed paths that there is nothing to read of, with the reason */
  waiting: ReadonlyMap<string, string>;
  /** events and uncompressed bytes read by this process */
  events: number;
  bytes: number;
  cuts: number;
  /** ms since the last cut, or since the start */
  sinceCut: number;
  /** bytes that sinks have not written yet */
  pending: number;
  /** event time that each tenant has reached, ms */
  reached: Readonly<Record<string, number>>;
  /** ledger counters of the state that this run began with */
  ledgerAtStart: Readonly<Record<string, number>>;
  /** read by this run, inputs that are over included */
  read: readonly SourceCount[];
}

/** What was read of a source. */
export interface SourceCount {
  tenant: string;
  source: string;
  events: number;
  /** uncompressed */
  bytes: number;
}

interface ActiveInput extends Readable, Hearable, Tailed {
  plan: PlannedInput;
  /** by which workers know it */
  number: number;
  bytes: ByteSource;
  events: number;
  /** it was said to be idle when it was read to its end after being replaced */
  handedOver: boolean;
  /** when it was replaced, by the clock of `follow`, ms */
  replacedAt: number;
  /** the journal says that something happened when it stood here: it is not read beyond before that has happened again */
  cap: number;
  /** another file has taken its place */
  replaced: boolean;
  reader: LineReader;
  peeked: boolean;
  problem: string | undefined;
}

/** One run of the topology over its inputs, from a committed cut (or from nothing) to the next. */
export class EmbeddedRun {
  private readonly options: RunOptions;
  private readonly store: FileSnapshotStore;
  private readonly markPath: string;
  private manifest: Manifest | undefined;
  private inputs: ActiveInput[] = [];
  private sinks: readonly Sink[] = [];
  private outlets!: Outlets;
  private alert!: Stage<Uint8Array>;
  private alertBase: Record<string, number> = {};
  private crew!: Crew;
  private readonly chunks = new Map<
    number,
    { input: ActiveInput; parsed: boolean; parts: number; stretch: Stretch & { single: boolean } }
  >();
  private readonly suspectsPath: string;
  private suspects: Suspects;
  private readonly spares = new SpareBuffers();
  private nextChunk = 1;
  private failure: Error | undefined;
  private wakeup: (() => void) | undefined;
  private readonly reached: Record<string, number>;
  private readonly result: RunResult;
  private lastCut = { at: 0, took: 0, bytes: 0, applied: 0 };
  /** inputs were opened or closed since the last cut */
  private inputsChanged = false;
  private started = false;
  private nextInput = 0;
  /** inputs that each tenant ever had in this run */
  private readonly upstreams = new Map<string, number>();
  /** inputs that are over: rotated away and read, or gone */
  private readonly ended = new Map<string, InputPosition>();
  /** inputs that were read before, or first seen after the last cut */
  private seen: readonly InputPosition[];
  private lookedForChange = false;
  private readonly readBySource = new Map<string, SourceCount>();
  private readonly journal: Journal;
  private applied: number;
  private readonly quiet: Quiet | undefined;
  private polledAt = 0;
  /** resolves when the signal says stop */
  private readonly stopped: Promise<undefined>;

  constructor(options: RunOptions) {
    this.options = options;
    this.manifest = options.manifest;
    this.store = new FileSnapshotStore(options.folder);
    this.markPath = join(options.folder, 'provisional.json');
    this.suspectsPath = join(options.folder, 'suspects.json');
    this.suspects = readSuspects(this.suspectsPath);
    this.reached = { ...options.manifest?.reached };
    this.applied = options.manifest?.journal ?? 0;
    this.journal = new Journal(options.folder, this.applied);
    this.quiet = options.follow === undefined ? undefined : new Quiet(options.follow);
    this.lastCut.applied = this.applied;
    this.seen = options.follow === undefined ? [] : sightedInputs(options.folder, options.manifest?.inputs ?? []);
    for (const one of options.lost ?? []) this.ended.set(one.partition, { ...one, finished: true });
    this.stopped = new Promise((resolve) => options.signal?.addEventListener('abort', () => resolve(undefined), { once: true }));
    void this.stopped.then(() => this.wake());
    this.result = {
      name: options.name,
      stopped: false,
      changed: false,
      nothingNew: false,
      events: 0,
      bytes: 0,
      cuts: 0,
      alerts: 0,
      incidents: 0,
      retracted: 0,
      problems: [],
      ledger: [],
    };
  }

  async execute(): Promise<RunResult> {
    const { manifest } = this;
    const mark = readProvisional(this.markPath);
    const current = mark !== undefined && mark.sequence === manifest?.sequence ? mark : undefined;
    if (
      this.options.follow === undefined &&
      current?.done &&
      this.options.inputs.every((input) => input.opened.kind !== 'stdin' && current.sizes[input.partition] === input.opened.size)
    ) {
      return { ...this.result, nothingNew: true, ledger: this.ledger({}) };
    }
    this.options.onRun?.(() => this.view());
    this.sinks = await this.options.sinks();
    this.outlets = new Outlets(this.sinks, current?.tenants ?? manifest?.provisional ?? {});
    const { alertFile } = this.options;
    const length = alertFile === undefined ? undefined : manifest?.outputs[alertFile.path];
    if (length !== undefined || this.options.startsOutputs) alertFile?.cutBack(length ?? 0);
    try {
      await this.outlets.takeBack(current?.dead ?? []);
      await this.start();
      this.lastCut.at = performance.now();
      await this.read();
      if (this.options.signal?.aborted) {
        await this.cut();
        this.result.stopped = true;
      } else if (!this.result.changed) await this.finish();
    } finally {
      await this.crew?.stop();
      await Promise.all(this.inputs.map((input) => input.reader.close()));
    }
    this.result.alerts = this.outlets.counts.alerts;
    this.result.incidents = this.outlets.counts.incidents;
    return this.result;
  }

  private async start(): Promise<void> {
    const { options, manifest } = this;
    const restore = manifest?.files ?? [];
    const { createTopology } = (await import(options.topologyModule)) as { createTopology: CreateTopology };
    const topology = await createTopology(options.topologyConfig);
    this.alert = await topology.createAlert(options.workers);
    restoreTask(this.store, restore, this.alert, () => true);
    this.alertBase = this.alert.counters();
    this.crew = await Crew.start({
      workers: options.workers,
      topologyModule: options.topologyModule,
      topologyConfig: options.topologyConfig,
      folder: options.folder,
      restore,
      onMessage: (_, message) => this.take(message),
      onFailure: (error, chunk) => {
        this.failure = this.suspecting(error, chunk);
        this.wake();
        return this.failure;
      },
    });
    const pins = pinInputs(
      options.inputs.map((input) => input.opened.size),
      options.workers,
    );
    for (const { tenant } of options.inputs) this.upstreams.set(tenant, (this.upstreams.get(tenant) ?? 0) + 1);
    for (const [i, plan] of options.inputs.entries()) await this.open(plan, pins[i]);
    this.limit();
    this.started = true;
    while (this.dueAtOnce()) await this.apply(this.journal.pending()[0]);
  }

  /** The next entry of the journal was written down where the inputs of its tenant stand now. */
  private dueAtOnce(): boolean {
    const [entry] = this.journal.pending();
    return (
      entry?.record.kind === 'feedback' &&
      this.inputs.every((input) => input.reader.position.offset >= (entry.positions[input.partition] ?? 0))
    );
  }

  private async open(plan: PlannedInput, worker: number): Promise<void> {
    const { tenant, source, partition, format, lateness, opened, start } = plan;
    if (this.options.follow !== undefined && plan.head > 0 && !this.seen.some((one) => one.partition === partition)) {
      const { head, path } = plan;
      recordSighting(this.options.folder, { tenant, source, partition, head, format, path, offset: start.offset, lines: start.lines });
    }
    const number = this.nextInput++;
    await this.crew.open(worker, number, { tenant, source, partition, format, upstreams: this.upstreams.get(tenant) ?? 1 });
    const bytes = await opened.from(start.offset);
    const reader = new LineReader(plan, bytes, start);
    const input: ActiveInput = {
      plan,
      number,
      bytes,
      reader,
      tenant,
      partition,
      lateness,
      worker,
      reached: undefined,
      inFlight: 0,
      exhausted: false,
      peeked: false,
      events: 0,
      replaced: plan.replaced === true,
      replacedAt: this.options.follow?.now() ?? 0,
      handedOver: false,
      cap: Number.POSITIVE_INFINITY,
      problem: undefined,
      get truncated() {
        return this.bytes instanceof TailSource && this.bytes.truncated;
      },
      position() {
        return positionOf(this);
      },
    };
    this.inputs.push(input);
    plan.opened.onNews?.(() => {
      input.exhausted = false;
      this.wake();
    });
    for (const skip of this.suspects.skips) {
      if (skip.partition === partition) this.crew.send(worker, { type: 'input-control', input: number, record: { kind: 'skip', ...skip } });
    }
  }

  /** Writes down during which bytes an unknown error came, so that the next start looks at them more closely. */
  private suspecting(error: Error, chunk: number | undefined): Error {
    const stretch = chunk === undefined ? undefined : this.chunks.get(chunk)?.stretch;
    if (stretch === undefined) return error;
    this.suspects = afterCrash(this.suspects, stretch);
    writeSuspects(this.suspectsPath, this.suspects);
    const path = this.inputs.find((input) => input.partition === stretch.partition)?.plan.path;
    const next =
      this.suspects.suspect === undefined
        ? 'the next start skips it'
        : `a start again looks closer; a record that stops it ${MOST_CRASHES} times is skipped`;
    return new WeirError('worker_failed', `${error.message} (${path}, bytes ${stretch.from} to ${stretch.to}; ${next})`, { cause: error });
  }

  /** Reads until every input has no more or the signal says stop; cuts on the way. */
  private async read(): Promise<void> {
    const { follow } = this.options;
    while (!this.options.signal?.aborted) {
      if (this.failure !== undefined) throw this.failure;
      if (this.outlets.waiting() > SINK_LIMIT) await this.outlets.flush();
      if (this.cutDue()) await this.cut();
      if (await this.answered()) return;
      if (follow !== undefined && follow.now() - this.polledAt >= follow.pollEvery) await this.poll();
      if (this.result.changed) return;
      const input = chooseInput(this.inputs);
      if (input !== undefined) await this.readFrom(input);
      else if (this.chunks.size > 0) await this.woken();
      else if (this.journal.pending().length > 0) await this.repeatDecision();
      else if (follow === undefined) return;
      else {
        follow.onCaughtUp?.();
        if (await this.pause(follow.pollEvery)) this.polledAt = 0;
      }
    }
  }

  /** Inputs are read up to where they stood at the next entry of the journal, and no further before it has been taken. */
  private limit(): void {
    for (const input of this.inputs) {
      const next = this.journal.pending().find((entry) => entry.positions[input.partition] !== undefined);
      input.cap = next?.positions[input.partition] ?? Number.POSITIVE_INFINITY;
    }
  }

  /** Takes the next decision of the journal again: all inputs stand where they stood when it was taken. */
  private async repeatDecision(): Promise<void> {
    const entry = this.journal.pending()[0];
    await this.apply(entry);
    for (const input of this.inputs) if (input.tenant === entry.tenant) input.exhausted = false;
  }

  /** Looks again at inputs that had nothing more, at files that were replaced, and at the clock. */
  private async poll(): Promise<void> {
    const { follow, tails } = this.options;
    if (follow === undefined || this.quiet === undefined || this.journal.pending().length > 0) return;
    this.polledAt = follow.now();
    for (const record of this.quiet.decide(this.inputs.filter((input) => !input.replaced))) {
      if (!('tenant' in record)) continue;
      await this.apply(this.journal.append(record.tenant, this.positionsOf(record.tenant), record));
    }
    await this.retire(follow);
    for (const input of this.inputs) if (input.plan.opened.kind === 'plain') input.exhausted = false;
    if (tails === undefined) return;
    const { opens, replaced, moved } = await tails.look(this.inputs, this.knownInputs());
    for (const input of replaced) {
      input.replaced = true;
      input.replacedAt = follow.now();
    }
    for (const { input, opened } of moved) {
      input.bytes = await opened.from(input.reader.takenUpTo);
      await input.reader.goOnWith(input.bytes);
      input.plan = { ...input.plan, opened };
      input.exhausted = false;
      input.handedOver = false;
    }
    if (opens.some((plan) => plan.guessed && !this.inputs.some((input) => input.plan.source === plan.source))) {
      // its format was not known when the stages were made
      await Promise.all(opens.map(({ opened }) => opened.close()));
      await this.cut();
      this.result.changed = true;
      return;
    }
    // all are counted before the first is read: none may be passed over because another one spoke first
    for (const { tenant } of opens) this.upstreams.set(tenant, (this.upstreams.get(tenant) ?? 0) + 1);
    for (const plan of opens) {
      const load = Array.from({ length: this.options.workers }, (_, worker) => this.inputs.filter((one) => one.worker === worker).length);
      await this.open(plan, load.indexOf(Math.min(...load)));
      this.inputsChanged = true;
    }
  }

  /** Inputs that were read before and are not being read. */
  private knownInputs(): InputPosition[] {
    const active = new Set(this.inputs.map((input) => input.partition));
    return [...this.ended.values(), ...this.seen.filter(({ partition }) => !this.ended.has(partition))].filter(
      ({ partition }) => !active.has(partition),
    );
  }

  /** Closes files that were replaced, once nobody else will write to them. */
  private async retire({ now, grace = GRACE }: FollowOptions): Promise<void> {
    for (const input of [...this.inputs]) {
      if (!input.replaced || !input.exhausted || input.inFlight > 0) continue;
      if (input.plan.opened.kind === 'plain' && now() - input.replacedAt < grace) continue;
      const tail = input.reader.tail();
      if (tail !== undefined) {
        this.dispatch(input, tail, true);
        continue;
      }
      this.crew.send(input.worker, { type: 'close', input: input.number });
      this.ended.set(input.partition, { ...positionOf(input), finished: true });
      this.inputs = this.inputs.filter((other) => other !== input);
      this.inputsChanged = true;
      await input.reader.close();
    }
  }

  /** Carries out what other processes ask, once all that the journal says has happened again. True when the run has to begin anew. */
  private async answered(): Promise<boolean> {
    const { inbox } = this.options;
    if (inbox?.next === undefined || this.journal.pending().length > 0) return false;
    if (inbox.next.kind === 'change' && (await this.beingReplaced())) return this.result.changed;
    this.lookedForChange = false;
    await inbox.answer((request) => this.carryOut(request));
    return this.result.changed;
  }

  /** A followed file was replaced and is not read to its end yet: it may be gone when the run begins again. */
  private async beingReplaced(): Promise<boolean> {
    if (!this.lookedForChange) await this.poll();
    this.lookedForChange = true;
    return this.inputs.some((input) => input.replaced && !input.exhausted);
  }

  private async carryOut(request: RunRequest): Promise<void> {
    if (request.kind === 'change') {
      if (this.inputs.some((input) => input.plan.opened.kind === 'stdin')) {
        throw new WeirError(
          'usage',
          `process ${process.pid} reads standard input and cannot begin again: stop it, then give the command again`,
        );
      }
      await this.cut();
      await request.act();
      this.result.changed = true;
      return;
    }
    const { record } = request;
    recordFeedback(dirname(this.options.folder), record, this.options.name);
    await this.apply(this.journal.append(record.tenant, this.positionsOf(record.tenant), record));
  }

  private positionsOf(tenant: string): Record<string, number> {
    return Object.fromEntries(
      this.inputs.filter((input) => input.tenant === tenant).map((input) => [input.partition, input.reader.position.offset]),
    );
  }

  private async apply({ number, record }: JournalEntry): Promise<void> {
    await this.crew.drain();
    const input = record.kind === 'idle' ? this.inputs.find((one) => one.partition === record.upstream) : undefined;
    if (input !== undefined) this.tell(input, record);
    else if (record.kind === 'silence') {
      this.crew.broadcast({ type: 'control', record });
      this.reached[record.tenant] = Math.max(this.reached[record.tenant] ?? Number.NEGATIVE_INFINITY, record.time);
    } else if (record.kind === 'feedback') this.fromAlert(this.alert.control(record));
    this.applied = number;
    this.journal.taken(number);
    this.limit();
  }

  private async readFrom(input: ActiveInput): Promise<void> {
    const limit = Math.min(input.cap, this.suspicion(input));
    const size = Math.min(input.peeked ? CHUNK_BYTES : PEEK_BYTES, limit - input.reader.position.offset - input.reader.unterminated);
    const chunk = size > 0 ? await this.unlessStopped(input, input.reader.next(size, this.spares)) : undefined;
    if (chunk !== undefined) {
      input.peeked = true;
      input.handedOver = false;
      this.quiet?.heard(input);
      if (this.isSuspected(input, chunk.offset)) await this.dispatchSingly(input, chunk);
      else this.dispatch(input, chunk);
      return;
    }
    const { end } = input.plan.opened;
    input.exhausted = size <= 0 || end === undefined || end() <= input.reader.takenUpTo;
    if (input.cap < Number.POSITIVE_INFINITY || this.options.signal?.aborted) return;
    if (input.problem === undefined && input.reader.problem !== undefined) {
      input.problem = input.reader.problem;
      this.result.problems.push(input.problem);
    }
    if (this.quiet !== undefined) {
      if (!input.replaced || input.handedOver) return;
      input.handedOver = true;
      this.tell(input, { kind: 'idle', tenant: input.tenant, upstream: input.partition });
      return;
    }
    if (this.inputs.some((other) => other.tenant === input.tenant && !other.exhausted)) this.handOver(input);
  }

  /** Where the next read of an input has to end, so that suspected bytes come in chunks of their own. */
  private suspicion(input: ActiveInput): number {
    const { suspect } = this.suspects;
    if (suspect?.partition !== input.partition) return Number.POSITIVE_INFINITY;
    const { offset } = input.reader.position;
    return offset < suspect.from ? suspect.from : offset < suspect.to ? suspect.to : Number.POSITIVE_INFINITY;
  }

  private isSuspected(input: ActiveInput, offset: number): boolean {
    const { suspect } = this.suspects;
    return suspect?.partition === input.partition && offset >= suspect.from && offset < suspect.to;
  }

  /** Line by line, each done before the next is sent: what fails then is one record. */
  private async dispatchSingly(input: ActiveInput, chunk: RawChunk): Promise<void> {
    let at = 0;
    let line = chunk.line;
    while (at < chunk.bytes.length) {
      const newline = chunk.bytes.indexOf(NEWLINE, at);
      const end = newline < 0 || chunk.skipped !== undefined ? chunk.bytes.length : newline + 1;
      this.dispatch(input, { ...chunk, offset: chunk.offset + at, line: line++, bytes: chunk.bytes.slice(at, end) }, true);
      at = end;
      while (this.chunks.size > 0) {
        if (this.failure !== undefined) throw this.failure;
        await this.woken();
      }
    }
  }

  /** Standard input may have nothing for long: what is asked of it then must not keep a signal waiting. */
  private unlessStopped<T>(input: ActiveInput, reading: Promise<T>): Promise<T | undefined> {
    return input.plan.opened.kind === 'stdin' ? Promise.race([reading, this.stopped]) : reading;
  }

  /** An input is at its end while others of its tenant go on: it gives what it has and no longer holds them back. */
  private handOver(input: ActiveInput): void {
    const tail = input.reader.tail();
    if (tail !== undefined) this.dispatch(input, tail, true);
    this.tell(input, { kind: 'idle', tenant: input.tenant, upstream: input.plan.partition });
  }

  private dispatch(input: ActiveInput, chunk: RawChunk, single = false): void {
    const id = this.nextChunk++;
    const length = chunk.skipped ?? chunk.bytes.length;
    this.chunks.set(id, {
      input,
      parsed: false,
      parts: 0,
      stretch: { partition: input.partition, from: chunk.offset, to: chunk.offset + length, single },
    });
    input.inFlight++;
    this.result.bytes += length;
    this.countOf(input).bytes += length;
    this.crew.send(input.worker, { type: 'chunk', id, input: input.number, chunk }, [chunk.bytes.buffer as ArrayBuffer]);
  }

  private tell(input: ActiveInput, record: ControlRecord): void {
    this.crew.send(input.worker, { type: 'input-control', input: input.number, record });
  }

  private take(message: ToMain): void {
    switch (message.type) {
      case 'out':
        this.fromTask(message.emit);
        return;
      case 'chunk-done': {
        const { input } = this.chunks.get(message.id) as { input: ActiveInput };
        this.spares.give(message.buffer);
        this.result.events += message.events;
        input.events += message.events;
        this.countOf(input).events += message.events;
        if (message.reached !== undefined) {
          input.reached = message.reached;
          this.reached[input.tenant] = Math.max(this.reached[input.tenant] ?? Number.NEGATIVE_INFINITY, message.reached);
          this.quiet?.parsed(input);
        }
        this.settleChunk(message.id, message.parts, true);
        return;
      }
      case 'part-done':
        this.settleChunk(message.id, -1, false);
        return;
      default:
        throw new Error(`unexpected message ${message.type}`);
    }
  }

  private settleChunk(id: number, parts: number, parsed: boolean): void {
    const chunk = this.chunks.get(id);
    if (chunk === undefined) throw new Error(`chunk ${id} is not under way`);
    chunk.parts += parts;
    chunk.parsed ||= parsed;
    if (!chunk.parsed || chunk.parts !== 0) return;
    this.chunks.delete(id);
    chunk.input.inFlight--;
    this.options.onProgress?.(this.progress());
    this.wake();
  }

  private fromTask(emit: Emit): void {
    if (emit.output === 'candidates') this.fromAlert(this.alert.process(emit.value));
    else if (emit.output === 'control') this.fromAlert(this.alert.control(emit.value));
    else this.outlets.give(emit);
  }

  private fromAlert(emits: Emit[]): void {
    for (const emit of emits) {
      if (emit.output === 'shared') {
        this.crew.broadcast({
          type: 'control',
          record: { kind: 'shared', tenant: emit.tenant, epoch: emit.value.epoch, knowledge: emit.value.knowledge },
        });
      } else this.outlets.give(emit);
    }
  }

  private cutDue(): boolean {
    const since = performance.now() - this.lastCut.at;
    const { took, bytes, applied } = this.lastCut;
    const { cutEvery } = this.options;
    const newDay = dayReached(this.reached) > (this.manifest?.kept?.day ?? -1);
    const regular = since >= Math.max(cutEvery, took / CUT_SHARE);
    if (!regular && !(newDay && since >= Math.max(cutEvery * DAY_CUT_PART, took / DAY_CUT_SHARE))) return false;
    return this.result.bytes > bytes || this.applied > applied || this.inputsChanged;
  }

  /** The consistent cut: all channels empty, all state written, sinks acknowledged, then one manifest. */
  private async cut(): Promise<void> {
    const begun = performance.now();
    const counters = await this.drain();
    await this.outlets.flush();
    const sequence = (this.manifest?.sequence ?? 0) + 1;
    const files = await this.crew.snapshot(sequence);
    files.push(this.store.write(sequence, '0', this.alert.snapshot()));
    const mine = new Set([...this.inputs.map((input) => input.plan.partition), ...this.ended.keys()]);
    const { alertFile } = this.options;
    const manifest: Manifest = {
      version: SNAPSHOT_VERSION,
      sequence,
      program: this.options.program,
      configVersion: this.options.configVersion,
      partitions: this.options.workers,
      inputs: remembered([
        ...this.inputs.map(positionOf),
        ...this.ended.values(),
        ...(this.manifest?.inputs ?? []).filter((input) => !mine.has(input.partition)),
      ]),
      journal: this.applied,
      outputs: { ...this.manifest?.outputs, ...(alertFile === undefined ? {} : { [alertFile.path]: alertFile.length }) },
      ledger: this.totals(counters),
      reached: { ...this.reached },
      provisional: this.outlets.provisional(),
      files: [...files, ...(this.manifest?.files ?? []).filter((file) => file.stage === 'normalise' && !mine.has(file.task))],
      kept: keptAs(sequence, this.reached, this.manifest, Date.now()),
    };
    this.store.commit(manifest);
    this.journal.forget(this.applied);
    this.manifest = manifest;
    if (this.options.follow !== undefined) {
      forgetSightings(this.options.folder);
      this.seen = manifest.inputs;
      this.ended.clear();
    }
    this.forgetSuspects();
    this.writeLedger(counters);
    await this.options.onCut?.(new Map(manifest.inputs.map(({ partition, offset }) => [partition, offset])));
    this.result.cuts++;
    this.inputsChanged = false;
    this.lastCut = { at: performance.now(), took: performance.now() - begun, bytes: this.result.bytes, applied: this.applied };
  }

  private forgetSuspects(): void {
    const open = stillOpen(this.suspects, (partition) => this.manifest?.inputs.find((input) => input.partition === partition)?.offset);
    if (open.suspect === this.suspects.suspect && open.skips.length === this.suspects.skips.length) return;
    this.suspects = open;
    writeSuspects(this.suspectsPath, open);
  }

  /** All inputs are at their end: the cut comes first, what the flush raises on top of it is provisional. */
  private async finish(): Promise<void> {
    await this.cut();
    this.outlets.hold();
    for (const input of this.inputs) {
      const tail = input.reader.tail();
      if (tail !== undefined) this.dispatch(input, tail, true);
    }
    for (const input of this.inputs)
      this.tell(input, { kind: 'end', tenant: input.tenant, upstream: input.plan.partition, provisional: true });
    const counters = await this.drain();
    this.mark(false, this.outlets.provisional());
    this.outlets.release();
    for (const tenant of new Set(this.inputs.map((input) => input.tenant))) this.result.retracted += this.outlets.settle(tenant);
    this.writeLedger(counters);
    await this.outlets.flush();
    this.mark(true, this.outlets.provisional());
  }

  private mark(done: boolean, tenants: Record<string, Provisional>): void {
    const sizes = Object.fromEntries(this.inputs.map((input) => [input.plan.partition, input.plan.opened.size]));
    writeProvisional(this.markPath, { sequence: this.manifest?.sequence ?? 0, done, sizes, tenants, dead: this.outlets.provisionalDead() });
  }

  private async drain(): Promise<Record<string, number>> {
    const counters = await this.crew.drain();
    if (this.chunks.size > 0) throw new Error(`${this.chunks.size} chunks are under way behind a barrier`);
    addCounters(counters, this.alert.counters());
    addCounters(counters, this.alertBase, -1);
    return counters;
  }

  private totals(counters: Readonly<Record<string, number>>): Record<string, number> {
    const totals = { ...this.manifestAtStart() };
    addCounters(totals, counters);
    return totals;
  }

  /** Counters of tasks start where this run started, so they add to what the manifest said then. */
  private manifestAtStart(): Readonly<Record<string, number>> {
    return this.options.manifest?.ledger ?? {};
  }

  private ledger(counters: Readonly<Record<string, number>>): LedgerEntry[] {
    const entries: LedgerEntry[] = [];
    for (const [name, count] of Object.entries(this.totals(counters)).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const parsed = parseLedgerCounter(name);
      if (parsed !== undefined) entries.push({ run: this.options.name, ...parsed, count });
    }
    return entries;
  }

  private writeLedger(counters: Readonly<Record<string, number>>): void {
    this.result.ledger = this.ledger(counters);
    for (const sink of this.sinks) sink.ledger(this.result.ledger);
  }

  private progress(): Progress {
    let reached: number | undefined;
    for (const input of this.inputs)
      if (input.reached !== undefined && !input.exhausted) reached = Math.min(reached ?? input.reached, input.reached);
    const size = this.inputs.reduce((sum, input) => sum + input.plan.opened.size, 0);
    return {
      run: this.options.name,
      events: this.result.events,
      bytes: this.result.bytes,
      size,
      reached,
      alerts: this.outlets.counts.alerts,
    };
  }

  private view(): RunView {
    return {
      name: this.options.name,
      started: this.started,
      inputs: this.inputs.map((input) => ({
        tenant: input.tenant,
        source: input.plan.source,
        path: input.plan.path,
        partition: input.partition,
        offset: input.reader.position.offset,
        end: input.bytes instanceof TailSource ? input.bytes.size : input.plan.opened.end?.(),
        reached: input.reached,
        events: input.events,
        exhausted: input.exhausted,
        idle: input.handedOver || this.quiet?.isIdle(input) === true,
      })),
      waiting: this.options.tails?.waiting() ?? new Map(),
      events: this.result.events,
      bytes: this.result.bytes,
      cuts: this.result.cuts,
      sinceCut: performance.now() - this.lastCut.at,
      pending: this.outlets?.waiting() ?? 0,
      reached: this.reached,
      ledgerAtStart: this.manifestAtStart(),
      read: [...this.readBySource.values()],
    };
  }

  private countOf({ tenant, plan }: ActiveInput): SourceCount {
    const key = `${tenant} ${plan.source}`;
    let count = this.readBySource.get(key);
    if (count === undefined) {
      count = { tenant, source: plan.source, events: 0, bytes: 0 };
      this.readBySource.set(key, count);
    }
    return count;
  }

  /** Waits, but no longer than until there is news or the signal. True when the time is over. */
  private async pause(ms: number): Promise<boolean> {
    const patience = new AbortController();
    try {
      return await Promise.race([wait(ms, true, { signal: patience.signal }).catch(() => false), this.woken().then(() => false)]);
    } finally {
      patience.abort();
    }
  }

  private woken(): Promise<void> {
    return new Promise((resolve) => {
      this.wakeup = resolve;
    });
  }

  private wake(): void {
    this.wakeup?.();
    this.wakeup = undefined;
  }
}

function positionOf(input: ActiveInput): InputPosition {
  const { tenant, source, partition, head, format, path, opened, start } = input.plan;
  const { position } = input.reader;
  const place = { tenant, source, partition, head, format, path, offset: position.offset, lines: position.lines };
  if (opened.kind !== 'plain') return place;
  const behind = position.offset === start.offset ? input.plan.behind : behindOf(input.reader.behind);
  const modified = input.bytes instanceof TailSource && input.bytes.modified > 0 ? input.bytes.modified : undefined;
  return { ...place, ...(behind === undefined ? {} : { behind }), ...(modified === undefined ? {} : { modified }) };
}

/** Of the files that have gone by one path, the last ones only: a log that is rotated for years must not fill the manifest. */
function remembered(inputs: readonly InputPosition[]): InputPosition[] {
  const counts = new Map<string, number>();
  return inputs.filter(({ finished, tenant, path }) => {
    if (!finished) return true;
    const count = (counts.get(`${tenant} ${path}`) ?? 0) + 1;
    counts.set(`${tenant} ${path}`, count);
    return count <= MOST_FINISHED;
  });
}

/** Refuses what cannot be right before threads are started. Throws `usage`. */
export function checkWorkers(workers: number, cores: number): number {
  if (Number.isInteger(workers) && workers >= 1 && workers <= Math.max(1, cores)) return workers;
  throw new WeirError('usage', `--workers ${workers}: a whole number from 1 to ${Math.max(1, cores)} (the cores of this machine)`);
}
