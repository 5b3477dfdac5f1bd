import { type Candidate, unpackReport } from '../../models/candidate.ts';
import { ALL_DETECTORS } from '../../models/detectors/index.ts';
import type { LearnedModels } from '../../models/learned/learned-models.ts';
import { PopulationLearner } from '../../models/population.ts';
import type { SharedLearner } from '../../models/shared.ts';
import { TemplatesLearner } from '../../models/templates/index.ts';
import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { createAlertStage } from '../../services/alerting/alert-stage.ts';
import type { EventBatch } from '../../services/core/batch.ts';
import { splitBatch } from '../../services/core/batch.ts';
import type { ControlRecord } from '../../services/core/control.ts';
import { keyGroup, partitionOf } from '../../services/core/key-groups.ts';
import type { Emit, Stage } from '../../services/core/stage.ts';
import { createAccountStage } from '../../services/scoring/account-stage.ts';
import { createMergeStage } from '../../services/scoring/merge-stage.ts';

/** What is learned of a tenant's accounts, interfaces and paths. */
export const tenantLearners = (): SharedLearner[] => [new PopulationLearner(), new TemplatesLearner()];

/** The stages behind normalise, connected in one thread: a driver without transports, for tests of the stages alone. */
export class StageNet {
  readonly rows: string[] = [];
  readonly late: unknown[] = [];
  readonly alerts: AlertRecord[] = [];
  readonly incidents: IncidentRecord[] = [];
  /** candidates of minutes and looks */
  readonly early: Candidate[] = [];
  private account: Stage<EventBatch>[];
  private merge: Stage<Uint8Array>[];
  private alert: Stage<Uint8Array>;
  private readonly queue: (() => void)[] = [];
  private readonly partitions: number;

  private readonly model: LearnedModels | undefined;
  private readonly makeLearners: () => SharedLearner[];

  /** @param model trained scorers that judge from the beginning; left out: baselines alone */
  constructor(partitions: number, timeZone = 'UTC', budget = 1, model?: LearnedModels, makeLearners = tenantLearners) {
    this.partitions = partitions;
    this.model = model;
    this.makeLearners = makeLearners;
    const models = new Map(model === undefined ? [] : [[model.version, model]]);
    const config = (task: number) => ({
      tenants: {},
      defaults: { time_zone: timeZone, calendar: {} },
      task,
      partitions,
      nextPartitions: partitions,
      switches: model === undefined ? [] : [{ tenant: '*', from: 0, champion: model.version, challenger: '' }],
    });
    this.account = Array.from({ length: partitions }, (_, task) => createAccountStage(config(task), { models }));
    this.merge = Array.from({ length: partitions }, (_, task) => createMergeStage(config(task), { models }));
    const tenant = { timeZone, alertBudget: budget, lateness: 120_000 };
    this.alert = createAlertStage(
      { configVersion: 'test', model: { name: 'test', version: '0' }, tenants: {}, otherTenants: tenant, upstreams: partitions * 2 },
      {
        detectors: ALL_DETECTORS,
        learners: makeLearners(),
        models,
      },
    );
  }

  events(batch: EventBatch): void {
    const partitionOfRow = new Uint8Array(batch.n);
    const { bytes, ends } = batch.heap;
    for (let row = 0; row < batch.n; row++) {
      const reference = batch.columns.account[row];
      partitionOfRow[row] = partitionOf(keyGroup(bytes, ends[reference - 1], ends[reference]), this.partitions);
    }
    splitBatch(batch, partitionOfRow, this.partitions).forEach((part, task) => {
      if (part !== undefined) this.route(this.account[task].process(part), 'account');
    });
    this.run();
  }

  control(record: ControlRecord): void {
    for (const stage of this.account) this.route(stage.control(record), 'account');
    this.run();
  }

  /** Snapshots everything, and goes on with new stages restored from it. */
  restart(partitions: number): StageNet {
    const next = new StageNet(partitions, undefined, undefined, this.model, this.makeLearners);
    const restore = (from: Stage<never>[], to: Stage<never>[]): void => {
      for (const old of from) {
        const snapshot = old.snapshot();
        to.forEach((stage, task) => {
          const groups = new Map(
            [...snapshot.groups].filter(([group]) =>
              from.length === 1 && to.length === 1 ? true : partitionOf(group, to.length) === task,
            ),
          );
          stage.restore({ ...snapshot, groups });
        });
      }
      for (const stage of to) stage.control({ kind: 'restart' });
    };
    restore(this.account as Stage<never>[], next.account as Stage<never>[]);
    restore(this.merge as Stage<never>[], next.merge as Stage<never>[]);
    restore([this.alert] as Stage<never>[], [next.alert] as Stage<never>[]);
    next.rows.push(...this.rows);
    next.late.push(...this.late);
    next.alerts.push(...this.alerts);
    next.incidents.push(...this.incidents);
    next.early.push(...this.early);
    return next;
  }

  counters(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const stage of this.account) for (const [name, n] of Object.entries(stage.counters())) sum[name] = (sum[name] ?? 0) + n;
    return sum;
  }

  private route(emits: Emit[], from: 'account' | 'merge' | 'alert'): void {
    for (const emit of emits) this.queue.push(() => this.deliver(emit, from));
  }

  private run(): void {
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) next();
  }

  private deliver(emit: Emit, from: 'account' | 'merge' | 'alert'): void {
    switch (emit.output) {
      case 'partials':
        this.route(this.merge[emit.partition ?? 0].process(emit.value), 'merge');
        return;
      case 'candidates':
        if (unpackReport(emit.value).minute) this.early.push(...unpackReport(emit.value).candidates);
        this.route(this.alert.process(emit.value), 'alert');
        return;
      case 'windows':
        this.rows.push(...new TextDecoder().decode(emit.value).trimEnd().split('\n'));
        return;
      case 'late':
        this.late.push(...emit.value);
        return;
      case 'control':
        if (from === 'account') for (const stage of this.merge) this.route(stage.control(emit.value), 'merge');
        this.route(this.alert.control(emit.value), 'alert');
        return;
      case 'shared': {
        const record: ControlRecord = { kind: 'shared', tenant: emit.tenant, ...emit.value };
        for (const stage of this.account) this.route(stage.control(record), 'account');
        for (const stage of this.merge) this.route(stage.control(record), 'merge');
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

/** All window rows of a net in one text, in an order that does not hang on how they came. */
export function rowsText(net: StageNet): string {
  return [...net.rows].sort().join('\n');
}

/** The same of its alerts. */
export function alertsText(net: StageNet): string {
  return net.alerts
    .map((alert) => JSON.stringify(alert))
    .sort()
    .join('\n');
}
