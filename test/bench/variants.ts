import { packReport, type ScoreReport, unpackReport } from '../../models/candidate.ts';
import { ALL_DETECTORS } from '../../models/detectors/index.ts';
import type { LearnedKind } from '../../models/learned/judge.ts';
import type { LearnedModels } from '../../models/learned/learned-models.ts';
import { PopulationLearner } from '../../models/population.ts';
import { ServersLearner } from '../../models/servers.ts';
import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import type { TenantAlertConfig } from '../../services/alerting/alert-config.ts';
import { createAlertStage } from '../../services/alerting/alert-stage.ts';
import type { EventBatch } from '../../services/core/batch.ts';
import type { RawChunk } from '../../services/core/raw.ts';
import type { Emit, Stage, StageName } from '../../services/core/stage.ts';
import type { InputPartition, Topology } from '../../services/core/topology-contract.ts';

/** A way of deciding over the same windows: which trained scorers have a say, and with what budget. */
export interface Variant {
  name: string;
  kinds: readonly LearnedKind[];
  budget: number;
  /** weight of the trained detectors in the split of the budget; as declared when left out */
  share?: number;
}

interface Deciding {
  variant: Variant;
  stage: Stage<Uint8Array>;
  keeps: ReadonlySet<string>;
  alerts: AlertRecord[];
  incidents: IncidentRecord[];
}

/**
 * One run of the stages with as many alert stages at its end as there are variants: all decide over the very same scored
 * windows, so that they differ in nothing but what they decide. Baselines learn the same whatever trained scorers say,
 * and shared knowledge depends on the reports alone, so the first variant's goes back for all.
 */
export class VariantRun {
  readonly variants: Deciding[];
  private readonly queue: { emit: Emit; from: StageName }[] = [];
  private readonly normalise: Stage<RawChunk>;
  private readonly account: Stage<EventBatch>;
  private readonly merge: Stage<Uint8Array>;

  private constructor(normalise: Stage<RawChunk>, account: Stage<EventBatch>, merge: Stage<Uint8Array>, variants: Deciding[]) {
    this.normalise = normalise;
    this.account = account;
    this.merge = merge;
    this.variants = variants;
  }

  /** @param models of the bundle in force, for the explanations of its alerts */
  static async start(
    topology: Topology,
    input: InputPartition,
    alerting: TenantAlertConfig,
    models: LearnedModels,
    variants: readonly Variant[],
  ): Promise<VariantRun> {
    return new VariantRun(
      await topology.createNormalise(input, 1),
      await topology.createAccount(0, 1),
      await topology.createMerge(0, 1),
      variants.map((variant) => {
        const detectors = ALL_DETECTORS.filter(({ learned }) => learned === undefined || variant.kinds.includes(learned)).map((detector) =>
          detector.learned === undefined || variant.share === undefined ? detector : { ...detector, share: variant.share },
        );
        const stage = createAlertStage(
          {
            configVersion: 'bench',
            model: { name: 'bench', version: models.version },
            tenants: { [input.tenant]: { ...alerting, alertBudget: variant.budget } },
            upstreams: 2,
          },
          { detectors, learners: [new PopulationLearner(), new ServersLearner()], models: new Map([[models.version, models]]) },
        );
        return { variant, stage, keeps: new Set(detectors.map(({ name }) => name)), alerts: [], incidents: [] };
      }),
    );
  }

  chunk(chunk: RawChunk): void {
    this.route(this.normalise.process(chunk), 'normalise');
  }

  end(tenant: string, upstream: string): void {
    this.route(this.normalise.control({ kind: 'end', tenant, upstream, provisional: true }), 'normalise');
  }

  private route(emits: Emit[], from: StageName): void {
    this.add(emits, from);
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) this.deliver(next.emit, next.from);
  }

  private add(emits: Emit[], from: StageName): void {
    for (const emit of emits) this.queue.push({ emit, from });
  }

  private deliver(emit: Emit, from: StageName): void {
    switch (emit.output) {
      case 'events':
        this.add(this.account.process(emit.value), 'account');
        return;
      case 'partials':
        this.add(this.merge.process(emit.value), 'merge');
        return;
      case 'candidates': {
        const report = unpackReport(emit.value);
        const packed = new Map<string, Uint8Array>();
        this.decide((one, first) => {
          const words = `${first} ${one.variant.kinds.join(' ')}`;
          let bytes = packed.get(words);
          if (bytes === undefined) packed.set(words, (bytes = packReport(reportFor(report, one.keeps, first))));
          return one.stage.process(bytes);
        });
        return;
      }
      case 'control':
        if (from === 'normalise') {
          this.add(this.account.control(emit.value), 'account');
          return;
        }
        if (from === 'account') this.add(this.merge.control(emit.value), 'merge');
        this.decide((one) => one.stage.control(emit.value));
        return;
      case 'shared': {
        const record = { kind: 'shared', tenant: emit.tenant, ...emit.value } as const;
        this.add(this.account.control(record), 'account');
        this.add(this.merge.control(record), 'merge');
        return;
      }
      default:
    }
  }

  private decide(ask: (one: Deciding, first: boolean) => Emit[]): void {
    this.variants.forEach((one, v) => {
      for (const emit of ask(one, v === 0)) {
        if (emit.output === 'alerts') one.alerts.push(...emit.value);
        else if (emit.output === 'incidents') one.incidents.push(...emit.value);
        else if (emit.output === 'shared' && v === 0) this.queue.push({ emit, from: 'alert' });
      }
    });
  }
}

/** A report as a variant without some detectors would have got it; what only shared knowledge is made of goes to the first variant. */
function reportFor(report: ScoreReport, keeps: ReadonlySet<string>, first: boolean): ScoreReport {
  const only = <T>(by: Record<string, T>): Record<string, T> => Object.fromEntries(Object.entries(by).filter(([name]) => keeps.has(name)));
  const { shadow: _, ...rest } = report;
  return {
    ...rest,
    histograms: only(report.histograms),
    pane: only(report.pane),
    candidates: report.candidates.filter(({ detector }) => keeps.has(detector)),
    ...(first ? {} : { population: {} }),
  };
}
