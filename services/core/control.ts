import type { Watermark } from './watermark.ts';

/**
 * Control records travel in the log as data: nothing that changes a result comes in any other way.
 * A driver delivers each to every task of the stages it concerns, in the order of the log.
 */
export type ControlRecord =
  /** event time of (tenant, upstream partition) has reached `time`; sent after everything that it covers */
  | ({ kind: 'watermark' } & Watermark)
  /** the input has nothing more for now: it no longer holds its tenant's watermark back until it speaks again */
  | { kind: 'idle'; tenant: string; upstream: string }
  /** the input is finished; `provisional`: what is flushed by it may be replaced when the input grows */
  | { kind: 'end'; tenant: string; upstream: string; provisional: boolean }
  /** all inputs of the tenant are quiet: its watermark is `time` */
  | { kind: 'silence'; tenant: string; time: number }
  /**
   * what stands before the stage is named anew: other inputs, another number of tasks. Each upstream reports again;
   * times stay. What a task that was restored into another run is told first.
   */
  | { kind: 'restart' }
  | { kind: 'shared'; tenant: string; epoch: number; knowledge: Uint8Array }
  | { kind: 'config'; version: string }
  /**
   * which bundles of trained scorers judge the tenant's windows that start at or after `from` (ms UTC): written down
   * before use, with a time that nothing has been judged beyond, so a replay switches at the same place. Told again, it
   * changes nothing.
   */
  | ({ kind: 'model' } & TenantSwitch)
  | { kind: 'feedback'; tenant: string; incident: string; mark: 'attack' | 'benign' | 'expected'; until: number }
  | { kind: 'skip'; partition: string; offset: number }
  | { kind: 'shed'; tenant: string; view: string; key: string };

/** A switch for one tenant, or for every tenant without its own (`*`). */
export type TenantSwitch = ModelSwitch & { tenant: string };

/** A switch of the trained scorers' bundles, by event time. */
export interface ModelSwitch {
  /** ms UTC; windows that start at or after it are judged by these */
  from: number;
  /** version of the bundle that decides; '' for none: baselines alone */
  champion: string;
  /** version of one that scores along without deciding; '' for none */
  challenger: string;
}
