import { packReport, type ScoreReport, unpackReport } from '../../models/candidate.ts';
import { ALL_DETECTORS } from '../../models/detectors/index.ts';
import type { LearnedKind } from '../../models/learned/judge.ts';
import type { LearnedModels } from '../../models/learned/learned-models.ts';
import { PopulationLearner } from '../../models/population.ts';
import { ServersLearner } from '../../models/servers.ts';
import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import type { TenantAlertConfig } from '../../services/alerting/alert-config.ts';
import { createAlertStage } from '../../services/alerting/alert-stage.ts';
import type { RawChunk } from '../../services/core/raw.ts';
import type { Emit, Stage } from '../../services/core/stage.ts';
import type { InputPartition, Topology } from '../../services/core/topology-contract.ts';
import { InThread } from '../../services/drivers/in-thread.ts';

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
  private readonly net: InThread;

  private constructor(net: InThread, variants: Deciding[]) {
    this.net = net;
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
    const deciding = variants.map((variant): Deciding => {
      const detectors = ALL_DETECTORS.filter(({ learned }) => learned === undefined || variant.kinds.includes(learned));
      const trained = detectors.filter(({ learned }) => learned !== undefined);
      const sensitivity = variant.share === undefined ? {} : Object.fromEntries(trained.map(({ name }) => [name, variant.share as number]));
      const stage = createAlertStage(
        {
          configVersion: 'bench',
          model: { name: 'bench', version: models.version },
          tenants: { [input.tenant]: { ...alerting, alertBudget: variant.budget, sensitivity } },
          upstreams: 2,
        },
        { detectors, learners: [new PopulationLearner(), new ServersLearner()], models: new Map([[models.version, models]]) },
      );
      return { variant, stage, keeps: new Set(detectors.map(({ name }) => name)), alerts: [], incidents: [] };
    });
    const net = await InThread.start({ ...topology, createAlert: () => decidingTogether(deciding) }, input);
    return new VariantRun(net, deciding);
  }

  chunk(chunk: RawChunk): void {
    this.net.chunk(chunk);
  }

  end(tenant: string, upstream: string): void {
    this.net.end(tenant, upstream);
  }
}

/** An alert stage that asks those of all variants, keeps what each raises, and tells the stages before what the first learned. */
function decidingTogether(variants: readonly Deciding[]): Stage<Uint8Array> {
  const decide = (ask: (one: Deciding, first: boolean) => Emit[]): Emit[] =>
    variants.flatMap((one, v) => {
      const emits = ask(one, v === 0);
      for (const emit of emits) {
        if (emit.output === 'alerts') one.alerts.push(...emit.value);
        else if (emit.output === 'incidents') one.incidents.push(...emit.value);
      }
      return v === 0 ? emits.filter(({ output }) => output === 'shared') : [];
    });
  return {
    ...variants[0].stage,
    process(record) {
      const report = unpackReport(record);
      const packed = new Map<string, Uint8Array>();
      return decide((one, first) => {
        const words = `${first} ${one.variant.kinds.join(' ')}`;
        let bytes = packed.get(words);
        if (bytes === undefined) packed.set(words, (bytes = packReport(reportFor(report, one.keeps, first))));
        return one.stage.process(bytes);
      });
    },
    control: (record) => decide((one) => one.stage.control(record)),
  };
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
