import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ControlRecord } from '../../core/control.ts';
import { WeirError } from '../../core/errors.ts';
import type { RawChunk } from '../../core/raw.ts';
import type { Sink } from '../../core/sink.ts';
import type { Emit, Stage } from '../../core/stage.ts';
import type { CreateTopology } from '../../core/topology-contract.ts';
import { dayReached, keptAs } from '../../state/baseline-versions.ts';
import { FileSnapshotStore } from '../../state/file-snapshot-store.ts';
import { Journal, type JournalEntry } from '../../state/journal.ts';
import { type Manifest, type Provisional, SNAPSHOT_VERSION } from '../../state/manifest.ts';
import { readProvisional, writeProvisional } from '../../state/provisional-file.ts';
import type { Stretch } from '../../state/suspects.ts';
import { addCounters } from '../counters.ts';
import { type ActiveInput, openInput, positionOf, viewOf } from './active-input.ts';
import { Crew } from './crew.ts';
import { CutPace, type Taken } from './cut-pace.ts';
import type { RunRequest } from './inbox.ts';
import { InputMemory } from './input-memory.ts';
import { recordFeedback } from './known-runs.ts';
import { SpareBuffers } from './line-reader.ts';
import { Outlets } from './outlets.ts';
import type { PlannedInput } from './planned-input.ts';
import type { ToMain } from './protocol.ts';
import { type FollowOptions, Quiet } from './quiet.ts';
import { restoreTask } from './restore.ts';
import type { Progress, RunOptions, RunResult, RunView, SourceCount } from './run-contract.ts';
import { ledgerOf, totalsOf } from './run-ledger.ts';
import { chooseInput, pinInputs } from './scheduler.ts';
import { forgetSightings, recordSighting, sightedInputs } from './sightings.ts';
import { Suspicion } from './suspicion.ts';

/** Bytes of a chunk: large enough to make messages cheap, small enough that a few in flight cost little. */
const CHUNK_BYTES = 512 * 1024;
/** Bytes of an input's first chunk: just enough to learn where in time it stands. */
const PEEK_BYTES = 16 * 1024;
/** Bytes that sinks may hold unwritten before reading waits for them. */
const SINK_LIMIT = 64 * 1024 * 1024;
const NEWLINE = 10;
/** ms for which a file that was replaced is still looked at. */
const GRACE = 60_000;
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
  private readonly suspicion: Suspicion;
  private readonly spares = new SpareBuffers();
  private nextChunk = 1;
  private failure: Error | undefined;
  private wakeup: (() => void) | undefined;
  private readonly reached: Record<string, number>;
  private readonly result: RunResult;
  private readonly pace: CutPace;
  /** inputs were opened or closed since the last cut */
  private inputsChanged = false;
  private started = false;
  private nextInput = 0;
  /** inputs that each tenant ever had in this run */
  private readonly upstreams = new Map<string, number>();
  private readonly memory: InputMemory;
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
    this.suspicion = new Suspicion(options.folder);
    this.reached = { ...options.manifest?.reached };
    this.applied = options.manifest?.journal ?? 0;
    this.journal = new Journal(options.folder, this.applied);
    this.quiet = options.follow === undefined ? undefined : new Quiet(options.follow);
    this.pace = new CutPace(options.cutEvery, { bytes: 0, applied: this.applied });
    this.memory = new InputMemory(
      options.follow === undefined ? [] : sightedInputs(options.folder, options.manifest?.inputs ?? []),
      options.lost ?? [],
    );
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
      return { ...this.result, nothingNew: true, ledger: ledgerOf(this.options.name, this.countedAtStart()) };
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
      this.pace.begin();
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
    const { tenant, source, partition, format, start } = plan;
    if (this.options.follow !== undefined && plan.head > 0 && !this.memory.hasSeen(partition)) {
      const { head, path } = plan;
      recordSighting(this.options.folder, { tenant, source, partition, head, format, path, offset: start.offset, lines: start.lines });
    }
    const number = this.nextInput++;
    await this.crew.open(worker, number, { tenant, source, partition, format, upstreams: this.upstreams.get(tenant) ?? 1 });
    const input = await openInput(plan, number, worker, this.options.follow?.now() ?? 0);
    this.inputs.push(input);
    plan.opened.onNews?.(() => {
      input.exhausted = false;
      this.wake();
    });
    for (const skip of this.suspicion.skips) {
      if (skip.partition === partition) this.crew.send(worker, { type: 'input-control', input: number, record: { kind: 'skip', ...skip } });
    }
  }

  /** Writes down during which bytes an unknown error came, so that the next start looks at them more closely. */
  private suspecting(error: Error, chunk: number | undefined): Error {
    const stretch = chunk === undefined ? undefined : this.chunks.get(chunk)?.stretch;
    if (stretch === undefined) return error;
    return this.suspicion.after(error, stretch, this.inputs.find((input) => input.partition === stretch.partition)?.plan.path);
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
    const { opens, replaced, moved } = await tails.look(
      this.inputs,
      this.memory.known(new Set(this.inputs.map((input) => input.partition))),
    );
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
      this.memory.end(positionOf(input));
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
    const limit = Math.min(input.cap, this.suspicion.limit(input.partition, input.reader.position.offset));
    const size = Math.min(input.peeked ? CHUNK_BYTES : PEEK_BYTES, limit - input.reader.position.offset - input.reader.unterminated);
    const chunk = size > 0 ? await this.unlessStopped(input, input.reader.next(size, this.spares)) : undefined;
    if (chunk !== undefined) {
      input.peeked = true;
      input.handedOver = false;
      this.quiet?.heard(input);
      if (this.suspicion.covers(input.partition, chunk.offset)) await this.dispatchSingly(input, chunk);
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
    const newDay = dayReached(this.reached) > (this.manifest?.kept?.day ?? -1);
    return this.pace.due(this.taken(), newDay, this.inputsChanged);
  }

  private taken(): Taken {
    return { bytes: this.result.bytes, applied: this.applied };
  }

  /** The consistent cut: all channels empty, all state written, sinks acknowledged, then one manifest. */
  private async cut(): Promise<void> {
    const begun = performance.now();
    const counters = await this.drain();
    await this.outlets.flush();
    const sequence = (this.manifest?.sequence ?? 0) + 1;
    const files = await this.crew.snapshot(sequence);
    files.push(this.store.write(sequence, '0', this.alert.snapshot()));
    const inputs = this.memory.remembered(this.inputs.map(positionOf), this.manifest?.inputs ?? []);
    const mine = this.memory.mine(this.inputs);
    const { alertFile } = this.options;
    const manifest: Manifest = {
      version: SNAPSHOT_VERSION,
      sequence,
      program: this.options.program,
      configVersion: this.options.configVersion,
      partitions: this.options.workers,
      inputs,
      journal: this.applied,
      outputs: { ...this.manifest?.outputs, ...(alertFile === undefined ? {} : { [alertFile.path]: alertFile.length }) },
      ledger: totalsOf(this.countedAtStart(), counters),
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
      this.memory.restart(inputs);
    }
    this.suspicion.forget((partition) => inputs.find((input) => input.partition === partition)?.offset);
    this.writeLedger(counters);
    await this.options.onCut?.(new Map(manifest.inputs.map(({ partition, offset }) => [partition, offset])));
    this.result.cuts++;
    this.inputsChanged = false;
    this.pace.done(begun, this.taken());
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

  /** Counters of tasks start where this run started, so they add to what the manifest said then. */
  private countedAtStart(): Readonly<Record<string, number>> {
    return this.options.manifest?.ledger ?? {};
  }

  private writeLedger(counters: Readonly<Record<string, number>>): void {
    this.result.ledger = ledgerOf(this.options.name, totalsOf(this.countedAtStart(), counters));
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
      inputs: this.inputs.map((input) => viewOf(input, input.handedOver || this.quiet?.isIdle(input) === true)),
      waiting: this.options.tails?.waiting() ?? new Map(),
      events: this.result.events,
      bytes: this.result.bytes,
      cuts: this.result.cuts,
      sinceCut: this.pace.since(),
      pending: this.outlets?.waiting() ?? 0,
      reached: this.reached,
      ledgerAtStart: this.countedAtStart(),
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

/** Refuses what cannot be right before threads are started. Throws `usage`. */
export function checkWorkers(workers: number, cores: number): number {
  if (Number.isInteger(workers) && workers >= 1 && workers <= Math.max(1, cores)) return workers;
  throw new WeirError('usage', `--workers ${workers}: a whole number from 1 to ${Math.max(1, cores)} (the cores of this machine)`);
}
