import { type EventBatch, packBatch, unpackBatch } from '../../core/batch.ts';
import type { ControlRecord } from '../../core/control.ts';
import { partitionOf } from '../../core/key-groups.ts';
import type { RawChunk } from '../../core/raw.ts';
import type { Emit, Stage } from '../../core/stage.ts';
import type { InputPartition, Topology } from '../../core/topology-contract.ts';
import type { SnapshotFile } from '../../state/manifest.ts';
import type { SnapshotStore } from '../../state/snapshot-store.ts';
import { addCounters } from '../counters.ts';
import { splitByAccount } from '../split-by-account.ts';
import type { ToMain, ToPeer, ToWorker } from './protocol.ts';
import { restoreFile, restoreTask } from './restore.ts';

/** How a worker reaches the other threads. Messages that arise together go together: one costs as much as several. */
export interface WorkerPorts {
  toMain(messages: ToMain[], transfer: ArrayBuffer[]): void;
  toPeer(worker: number, messages: ToPeer[], transfer: ArrayBuffer[]): void;
}

/** What waits to be sent to one thread, in order. */
interface Outbox<Message> {
  messages: Message[];
  transfer: ArrayBuffer[];
}

/**
 * One worker's stages and the routing between them: the normalise stages of the inputs pinned to it, one identify task
 * where sessions are joined, one account task, one merge task. What stays on this worker is handed over by call, at the place of the channel where it would stand.
 */
export class WorkerHost {
  private readonly worker: number;
  private readonly workers: number;
  private readonly topology: Topology;
  private readonly store: SnapshotStore;
  private readonly files: readonly SnapshotFile[];
  private readonly ports: WorkerPorts;
  private readonly normalise = new Map<number, { spec: InputPartition; stage: Stage<RawChunk>; reached: number | undefined }>();
  /** there where the topology joins sessions, and where events wait from a run that did */
  private identify: Stage<EventBatch> | undefined;
  private account!: Stage<EventBatch>;
  private merge!: Stage<Uint8Array>;
  /** counters of restored stages at their start: what is counted here is what came since */
  private readonly base: Record<string, number> = {};
  private readonly main: Outbox<ToMain> = { messages: [], transfer: [] };
  private readonly peers: Outbox<ToPeer>[];
  private moved = 0;
  private readonly barriers = new Map<number, number>();
  /** chunk on whose behalf a message is being taken */
  working: number | undefined;
  /** chunk under way, the batches of it that were sent to peers, its events; what an input's end lets go is part of none */
  private current: { id: number; parts: number; events: number } | undefined;

  constructor(
    worker: number,
    workers: number,
    topology: Topology,
    store: SnapshotStore,
    files: readonly SnapshotFile[],
    ports: WorkerPorts,
  ) {
    this.worker = worker;
    this.workers = workers;
    this.topology = topology;
    this.store = store;
    this.files = files;
    this.ports = ports;
    this.peers = Array.from({ length: workers }, () => ({ messages: [], transfer: [] }));
  }

  /** Makes the tasks and restores their key groups. */
  async start(): Promise<void> {
    this.account = await this.topology.createAccount(this.worker, this.workers);
    this.merge = await this.topology.createMerge(this.worker, this.workers);
    const mine = (group: number): boolean => partitionOf(group, this.workers) === this.worker;
    restoreTask(this.store, this.files, this.account, mine);
    restoreTask(this.store, this.files, this.merge, mine);
    addCounters(this.base, this.account.counters());
    addCounters(this.base, this.merge.counters());
    await this.startIdentify(mine);
  }

  private async startIdentify(mine: (group: number) => boolean): Promise<void> {
    const { topology, store } = this;
    const files = this.files.filter(({ stage }) => stage === 'identify');
    if (topology.createIdentify === undefined || (topology.joins === undefined && files.length === 0)) return;
    this.identify = await topology.createIdentify(this.worker, this.workers);
    for (const file of files) restoreFile(store, file, this.identify, mine);
    addCounters(this.base, this.identify.counters());
    // events wait no longer where sessions are not joined any more
    this.fromIdentify(this.identify.control({ kind: 'restart' }));
    this.send();
  }

  /** What normalise says of a tenant goes to. */
  private next(tenant: string): 'identify' | 'account' {
    return this.topology.joins?.(tenant) === true ? 'identify' : 'account';
  }

  /** Takes a message of the main thread. Only `open` is asynchronous; the main thread waits for `opened`. */
  async fromMain(message: ToWorker): Promise<void> {
    if (message.type === 'open') {
      await this.open(message.input, message.spec);
      this.post(this.main, { type: 'opened', input: message.input });
    } else {
      this.working = message.type === 'chunk' ? message.id : undefined;
      this.takeFromMain(message);
      this.working = undefined;
    }
    this.send();
  }

  private takeFromMain(message: Exclude<ToWorker, { type: 'open' }>): void {
    if (message.type !== 'barrier' && message.type !== 'snapshot') this.moved++;
    switch (message.type) {
      case 'chunk':
        this.chunk(message.id, message.input, message.chunk);
        return;
      case 'input-control':
        this.fromNormalise(message.input, this.input(message.input).stage.control(message.record));
        return;
      case 'close':
        this.close(message.input);
        return;
      case 'control':
        // each stage hears of time from the one before it only
        if (message.record.kind === 'silence') this.control(this.next(message.record.tenant), message.record);
        else {
          this.control('account', message.record);
          this.fromMerge(this.merge.control(message.record));
        }
        return;
      case 'barrier':
        this.toPeers({ type: 'barrier', round: message.round });
        this.passBarrier(message.round);
        return;
      case 'snapshot':
        this.post(this.main, { type: 'snapshot-done', files: this.snapshot(message.sequence) });
    }
  }

  /** Takes what another worker has sent together. */
  fromPeer(messages: readonly ToPeer[]): void {
    for (const message of messages) {
      this.working = message.type === 'events' ? message.id : undefined;
      this.takeFromPeer(message);
    }
    this.working = undefined;
    this.send();
  }

  private takeFromPeer(message: ToPeer): void {
    if (message.type !== 'barrier') this.moved++;
    switch (message.type) {
      case 'events':
        this.process(message.to, unpackBatch(message.batch));
        if (message.id !== undefined) this.post(this.main, { type: 'part-done', id: message.id });
        return;
      case 'partials':
        this.fromMerge(this.merge.process(message.value));
        return;
      case 'control':
        if (message.to === 'merge') this.fromMerge(this.merge.control(message.record));
        else this.control(message.to, message.record);
        return;
      case 'barrier':
        this.passBarrier(message.round);
    }
  }

  private async open(input: number, spec: InputPartition): Promise<void> {
    const stage = await this.topology.createNormalise(spec, this.workers);
    const file = this.files.find((one) => one.stage === 'normalise' && one.task === spec.partition);
    if (file !== undefined) restoreFile(this.store, file, stage, () => true);
    addCounters(this.base, stage.counters());
    this.normalise.set(input, { spec, stage, reached: undefined });
  }

  /** The stage settles what it holds as at its end; what comes after hears that the input is idle: others of its tenant go on. */
  private close(input: number): void {
    const { spec, stage } = this.input(input);
    const { tenant, partition: upstream } = spec;
    const emits = stage.control({ kind: 'end', tenant, upstream, provisional: false });
    this.fromNormalise(
      input,
      emits.map((emit) =>
        emit.output === 'control' && emit.value.kind === 'end' ? { ...emit, value: { kind: 'idle', tenant, upstream } as const } : emit,
      ),
    );
    addCounters(this.base, stage.counters(), -1); // what it has counted stays counted
    this.normalise.delete(input);
  }

  private input(input: number): { spec: InputPartition; stage: Stage<RawChunk>; reached: number | undefined } {
    const found = this.normalise.get(input);
    if (found === undefined) throw new Error(`worker ${this.worker} has no input ${input}`);
    return found;
  }

  private chunk(id: number, input: number, chunk: RawChunk): void {
    const current = { id, parts: 0, events: 0 };
    this.current = current;
    this.fromNormalise(input, this.input(input).stage.process(chunk));
    this.current = undefined;
    const { parts, events } = current;
    const buffer = chunk.bytes.buffer as ArrayBuffer;
    this.post(this.main, { type: 'chunk-done', id, input, events, parts, reached: this.input(input).reached, buffer }, [buffer]);
  }

  private fromNormalise(input: number, emits: Emit[]): void {
    for (const emit of emits) {
      if (emit.output === 'events') {
        if (this.current !== undefined) this.current.events += emit.value.n;
        this.routeEvents(this.next(emit.tenant), emit.value, emit.partition, this.current);
      } else if (emit.output === 'control') {
        if (emit.value.kind === 'watermark') this.input(input).reached = emit.value.time;
        this.controlAll(this.next(emit.tenant), emit.value);
      } else this.give(emit);
    }
  }

  /** What an identify task lets go is part of no chunk: it goes with what is, on the same channels. */
  private fromIdentify(emits: Emit[]): void {
    for (const emit of emits) {
      if (emit.output === 'events') this.routeEvents('account', emit.value, emit.partition);
      else if (emit.output === 'control') this.controlAll('account', emit.value);
      else this.give(emit);
    }
  }

  /** @param chunk whose parts these are; left out: nobody's */
  private routeEvents(to: 'identify' | 'account', batch: EventBatch, partition?: number, chunk?: { id: number; parts: number }): void {
    if (partition !== undefined) this.sendEvents(to, partition, batch, chunk);
    else if (this.workers === 1) this.sendEvents(to, 0, batch, chunk);
    else {
      const parts = splitByAccount(batch, this.workers);
      parts.forEach((part, p) => {
        if (part !== undefined) this.sendEvents(to, p, part, chunk);
      });
    }
  }

  private sendEvents(to: 'identify' | 'account', partition: number, batch: EventBatch, chunk?: { id: number; parts: number }): void {
    if (partition === this.worker) {
      this.process(to, batch);
      return;
    }
    if (chunk !== undefined) chunk.parts++;
    const { packed, transfer } = packBatch(batch);
    this.post(this.peers[partition], { type: 'events', to, id: chunk?.id, batch: packed }, transfer);
  }

  private process(to: 'identify' | 'account', batch: EventBatch): void {
    if (to === 'account') this.fromAccount(this.account.process(batch));
    else if (this.identify !== undefined) this.fromIdentify(this.identify.process(batch));
  }

  private control(to: 'identify' | 'account', record: ControlRecord): void {
    if (to === 'account') this.fromAccount(this.account.control(record));
    else if (this.identify !== undefined) this.fromIdentify(this.identify.control(record));
  }

  private controlAll(to: 'identify' | 'account', record: ControlRecord): void {
    this.toPeers({ type: 'control', to, record });
    this.control(to, record);
  }

  private fromAccount(emits: Emit[]): void {
    for (const emit of emits) {
      if (emit.output === 'partials') {
        const partition = emit.partition ?? 0;
        if (partition === this.worker) this.fromMerge(this.merge.process(emit.value));
        else {
          const value = owned(emit.value);
          this.post(this.peers[partition], { type: 'partials', value }, [value.buffer as ArrayBuffer]);
        }
      } else if (emit.output === 'control') {
        this.toPeers({ type: 'control', to: 'merge', record: emit.value });
        this.fromMerge(this.merge.control(emit.value));
        this.give(emit);
      } else this.give(emit);
    }
  }

  private fromMerge(emits: Emit[]): void {
    for (const emit of emits) this.give(emit);
  }

  /** An outcome for the main thread: sinks and the alert stage are there. */
  private give(emit: Emit): void {
    if (emit.output !== 'candidates' && emit.output !== 'windows') {
      this.post(this.main, { type: 'out', emit });
      return;
    }
    const value = owned(emit.value);
    this.post(this.main, { type: 'out', emit: { ...emit, value } }, [value.buffer as ArrayBuffer]);
  }

  private toPeers(message: ToPeer): void {
    this.peers.forEach((outbox, peer) => {
      if (peer !== this.worker) this.post(outbox, message);
    });
  }

  private post<Message>(outbox: Outbox<Message>, message: Message, transfer: ArrayBuffer[] = []): void {
    outbox.messages.push(message);
    outbox.transfer.push(...transfer);
  }

  /** Sends what has gathered while one message was taken. */
  private send(): void {
    const take = <Message>(outbox: Outbox<Message>, post: (messages: Message[], transfer: ArrayBuffer[]) => void): void => {
      if (outbox.messages.length === 0) return;
      const { messages, transfer } = outbox;
      outbox.messages = [];
      outbox.transfer = [];
      post(messages, transfer);
    };
    this.peers.forEach((outbox, peer) => take(outbox, (messages, transfer) => this.ports.toPeer(peer, messages, transfer)));
    take(this.main, (messages, transfer) => this.ports.toMain(messages, transfer));
  }

  /** A barrier counts as passed when it has come from the main thread and from every peer. */
  private passBarrier(round: number): void {
    const come = (this.barriers.get(round) ?? 0) + 1;
    if (come < this.workers) {
      this.barriers.set(round, come);
      return;
    }
    this.barriers.delete(round);
    const moved = this.moved;
    this.moved = 0;
    this.post(this.main, { type: 'barrier-done', round, moved, counters: this.counters() });
  }

  private counters(): Record<string, number> {
    const counters: Record<string, number> = {};
    for (const { stage } of this.normalise.values()) addCounters(counters, stage.counters());
    if (this.identify !== undefined) addCounters(counters, this.identify.counters());
    addCounters(counters, this.account.counters());
    addCounters(counters, this.merge.counters());
    addCounters(counters, this.base, -1);
    return counters;
  }

  private snapshot(sequence: number): SnapshotFile[] {
    const files = [
      this.store.write(sequence, String(this.worker), this.account.snapshot()),
      this.store.write(sequence, String(this.worker), this.merge.snapshot()),
    ];
    if (this.identify !== undefined && this.topology.joins !== undefined) {
      files.push(this.store.write(sequence, String(this.worker), this.identify.snapshot()));
    }
    for (const { spec, stage } of this.normalise.values()) files.push(this.store.write(sequence, spec.partition, stage.snapshot()));
    return files;
  }
}

/** Bytes that fill a buffer of their own, so that it can be transferred. */
function owned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength && !Buffer.isBuffer(bytes) ? bytes : new Uint8Array(bytes);
}
