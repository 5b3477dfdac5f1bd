import type { EventBatch } from './batch.ts';
import type { RawChunk } from './raw.ts';
import type { Stage } from './stage.ts';

/**
 * What a driver needs to know of a topology: how to make each stage. `services/topology.ts` provides it; drivers run
 * it and never declare it again. Every thread or process makes its own from the same plain (structured-clonable) data.
 */
export interface Topology {
  /**
   * One normalise stage per input partition. Its emits: `events` (with `partition` = account task, or without: then the
   * driver splits by the account's key group), `dead`, and `control`, each sent to every account task: its watermarks
   * (upstream = input.partition, upstreams = input.upstreams), and `idle` and `end` records passed on after what they cover.
   * Of a tenant that `joins` names, events and control records go to the identify tasks instead.
   */
  createNormalise(input: InputPartition, partitions: number): Stage<RawChunk> | Promise<Stage<RawChunk>>;
  /** Whether a tenant's events go through the identify stage; left out: nobody's do. */
  joins?(tenant: string): boolean;
  /**
   * Identify task `task` of `partitions`; there where `joins` is, and where events still wait that came when it was. Its emits: `events`, split by the account's key group, and
   * `control`, each sent to every account task (upstream = `identify/<task>`, upstreams = partitions): account tasks hear of
   * such a tenant's time from here only.
   */
  createIdentify?(task: number, partitions: number): Stage<EventBatch> | Promise<Stage<EventBatch>>;
  /**
   * Account task `task` of `partitions`. Its emits: `partials` (with `partition` = merge task), `candidates`, `windows`,
   * `late`, and `control`, each sent to every merge task and to the alert stage (upstream = `account-<task>`).
   */
  createAccount(task: number, partitions: number): Stage<EventBatch> | Promise<Stage<EventBatch>>;
  /** Merge task `task`; takes packed partials. Its emits: `candidates`, `windows`, and `control` to the alert stage (upstream = `merge-<task>`). */
  createMerge(task: number, partitions: number): Stage<Uint8Array> | Promise<Stage<Uint8Array>>;
  /** The one alert stage; takes packed candidates. Its emits: `alerts`, `incidents`, and `shared`, sent back to every account and merge task. */
  createAlert(partitions: number): Stage<Uint8Array> | Promise<Stage<Uint8Array>>;
}

/** `topology.ts` (and test topologies) export this as `createTopology`. */
export type CreateTopology<Config = unknown> = (config: Config) => Topology | Promise<Topology>;

/** An input partition as a normalise stage has to know it. Plain data. */
export interface InputPartition {
  tenant: string;
  /** name of the source in the config */
  source: string;
  /** identity of the partition: a file's identity or topic and number */
  partition: string;
  /** format name; the driver has it detected before when the user named none */
  format: string;
  /** how many input partitions the tenant has in this run: goes into its watermark records */
  upstreams: number;
}

/** The fates that a ledger counts; `read` is their sum. `held`: waiting for a login or a clock. `dropped`: a `duplicate`. */
export const FATES = ['read', 'windowed', 'late', 'dead', 'held', 'dropped'] as const;
export type Fate = (typeof FATES)[number];

/**
 * Name of a ledger counter in `Stage.counters()`: fate, tenant and source (and a reason where the fate has several),
 * tab-separated. Events, not records. normalise counts `read`, `dead` and `held` (a level, not a sum; reason `clock`), identify
 * `held` (reason `login`), account `windowed` (reason `session` for those that a session joined), `late` and `dropped`.
 */
export function ledgerCounter(fate: Fate, tenant: string, source: string, reason = ''): string {
  return `${fate}\t${tenant}\t${source}\t${reason}`;
}

/** The parts of a ledger counter's name; undefined for other counters. */
export function parseLedgerCounter(name: string): { fate: Fate; tenant: string; source: string; reason: string } | undefined {
  const parts = name.split('\t');
  if (parts.length !== 4 || !(FATES as readonly string[]).includes(parts[0])) return undefined;
  return { fate: parts[0] as Fate, tenant: parts[1], source: parts[2], reason: parts[3] };
}
