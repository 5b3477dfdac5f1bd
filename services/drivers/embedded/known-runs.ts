import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlRecord } from '../../core/control.ts';
import { FileSnapshotStore } from '../../state/file-snapshot-store.ts';
import { Journal } from '../../state/journal.ts';
import type { Manifest } from '../../state/manifest.ts';

/** Name of the run that everything belongs to but backfills. */
export const MAIN_RUN = 'main';

/** A run that has state in a snapshot folder, or is about to. */
export interface KnownRun {
  name: string;
  folder: string;
  /** its last cut */
  manifest: Manifest | undefined;
}

/** The runs that have state in the folder, the main one first, whether it has or not. */
export function knownRuns(folder: string): KnownRun[] {
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.startsWith('backfill-'))
        .sort()
    : [];
  return [MAIN_RUN, ...names].map((name) => {
    const path = join(folder, name);
    return { name, folder: path, manifest: new FileSnapshotStore(path).newest() };
  });
}

/** How far each tenant was judged by the runs of a folder, as far as their state says: ms UTC. */
export function judgedBy(folder: string): Record<string, number> {
  const judged: Record<string, number> = {};
  const raise = (tenant: string, time: number): void => {
    judged[tenant] = Math.max(judged[tenant] ?? Number.NEGATIVE_INFINITY, time);
  };
  for (const run of knownRuns(folder)) {
    for (const [tenant, time] of Object.entries(run.manifest?.reached ?? {})) raise(tenant, time);
    if (!existsSync(run.folder)) continue;
    for (const { record } of new Journal(run.folder, run.manifest?.journal ?? 0).pending()) {
      if (record.kind === 'silence') raise(record.tenant, record.time);
    }
  }
  return judged;
}

/**
 * Writes a mark down for runs that are not on: each takes it before it reads on from its last cut. Runs without one have
 * raised nothing that they remember.
 * @param but name of a run that is on: its journal is its own
 */
export function recordFeedback(folder: string, record: Extract<ControlRecord, { kind: 'feedback' }>, but?: string): void {
  for (const { name, folder: path, manifest } of knownRuns(folder)) {
    if (manifest === undefined || name === but) continue;
    const own = manifest.inputs.filter((input) => input.tenant === record.tenant);
    const positions = Object.fromEntries(own.map((input) => [input.partition, input.offset]));
    new Journal(path, manifest.journal).append(record.tenant, positions, record);
  }
}
