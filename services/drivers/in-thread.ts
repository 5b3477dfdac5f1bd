import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import type { EventBatch } from '../core/batch.ts';
import type { ControlRecord } from '../core/control.ts';
import type { RawChunk } from '../core/raw.ts';
import type { Emit, Stage, StageName } from '../core/stage.ts';
import type { InputPartition, Topology } from '../core/topology-contract.ts';

/** The topology in one thread, without store or files: what it finds in one input. For evaluations. */
export class InThread {
  readonly alerts: AlertRecord[] = [];
  readonly incidents: IncidentRecord[] = [];
  private readonly queue: { emit: Emit; from: StageName }[] = [];
  private readonly normalise: Stage<RawChunk>;
  private readonly identify: Stage<EventBatch> | undefined;
  private readonly account: Stage<EventBatch>;
  private readonly merge: Stage<Uint8Array>;
  private readonly alert: Stage<Uint8Array>;

  private constructor(
    normalise: Stage<RawChunk>,
    identify: Stage<EventBatch> | undefined,
    account: Stage<EventBatch>,
    merge: Stage<Uint8Array>,
    alert: Stage<Uint8Array>,
  ) {
    this.normalise = normalise;
    this.identify = identify;
    this.account = account;
    this.merge = merge;
    this.alert = alert;
  }

  static async start(topology: Topology, input: InputPartition): Promise<InThread> {
    return new InThread(
      await topology.createNormalise(input, 1),
      topology.joins?.(input.tenant) === true ? await topology.createIdentify?.(0, 1) : undefined,
      await topology.createAccount(0, 1),
      await topology.createMerge(0, 1),
      await topology.createAlert(1),
    );
  }

  chunk(chunk: RawChunk): void {
    this.route(this.normalise.process(chunk), 'normalise');
  }

  /** Tells the stages something that no input says: a mark. */
  tell(record: Extract<ControlRecord, { kind: 'feedback' }>): void {
    this.route(this.alert.control(record), 'alert');
  }

  end(tenant: string, upstream: string): void {
    this.route(this.normalise.control({ kind: 'end', tenant, upstream, provisional: true }), 'normalise');
  }

  private route(emits: Emit[], from: StageName): void {
    for (const emit of emits) this.queue.push({ emit, from });
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) this.deliver(next.emit, next.from);
  }

  private add(emits: Emit[], from: StageName): void {
    for (const emit of emits) this.queue.push({ emit, from });
  }

  private deliver(emit: Emit, from: StageName): void {
    switch (emit.output) {
      case 'events':
        if (from === 'normalise' && this.identify !== undefined) this.add(this.identify.process(emit.value), 'identify');
        else this.add(this.account.process(emit.value), 'account');
        return;
      case 'partials':
        this.add(this.merge.process(emit.value), 'merge');
        return;
      case 'candidates':
        this.add(this.alert.process(emit.value), 'alert');
        return;
      case 'control':
        if (from === 'normalise' && this.identify !== undefined) this.add(this.identify.control(emit.value), 'identify');
        else if (from === 'normalise' || from === 'identify') this.add(this.account.control(emit.value), 'account');
        else {
          if (from === 'account') this.add(this.merge.control(emit.value), 'merge');
          this.add(this.alert.control(emit.value), 'alert');
        }
        return;
      case 'shared': {
        const record = { kind: 'shared', tenant: emit.tenant, ...emit.value } as const;
        this.add(this.account.control(record), 'account');
        this.add(this.merge.control(record), 'merge');
        return;
      }
      case 'alerts':
        this.alerts.push(...emit.value);
        return;
      case 'incidents':
        this.incidents.push(...emit.value);
        return;
      default:
    }
  }
}
