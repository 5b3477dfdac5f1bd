import { join } from 'node:path';
import * as z from 'zod';
import type { ControlRecord } from '../core/control.ts';
import { MAIN_RUN } from '../drivers/embedded/known-runs.ts';
import { Journal } from '../state/journal.ts';
import type { Manifest } from '../state/manifest.ts';
import { MarkJournal } from '../state/mark-journal.ts';
import { rollBack } from '../state/roll-back.ts';
import { inDataFolder } from '../storage/folder-request.ts';
import { feedbackOf } from './incident-marking.ts';

/** A mark is dated when it is asked for and taken a little later: so much of it is told once more rather than lost, ms. */
export const MARK_MARGIN = 60_000;

/** What `weir baselines rollback` asks of the process that has the data folder. */
export const RollbackRequest = z.strictObject({
  kind: z.literal('rollback'),
  /** tells a request that is sent twice from two requests */
  id: z.string(),
  version: z.int().min(1),
});
export type RollbackRequest = z.infer<typeof RollbackRequest>;

/** Where a rollback has led. */
export interface RolledBack {
  version: number;
  /** event time that each tenant had reached then, ms UTC */
  reached: Record<string, number>;
  /** marks of incidents that were given since and hold on */
  marks: number;
}

/** Has the baselines rolled back: in the run that is on, which then begins again from there, or here for the next one. */
export function requestRollback(dataFolder: string, request: RollbackRequest): Promise<RolledBack> {
  return inDataFolder(dataFolder, request, async () => performRollback(dataFolder, request));
}

/** Rolls back the main run of a data folder. The caller has the folder, and no run is on. Throws as `rollBack` does. */
export function performRollback(dataFolder: string, { id, version }: RollbackRequest): RolledBack {
  const folder = join(dataFolder, 'snapshots', MAIN_RUN);
  const manifest = rollBack({ folder, version, request: id });
  return { version, reached: manifest.reached, marks: retellMarks(dataFolder, folder, manifest) };
}

/** What people said since holds on: the run hears of it before it reads on. Decisions by the clock are taken anew. */
function retellMarks(dataFolder: string, folder: string, manifest: Manifest): number {
  new Journal(folder, manifest.journal).forget(Number.POSITIVE_INFINITY);
  const journal = new Journal(folder, manifest.journal);
  const since = Date.parse(manifest.kept?.at ?? '') - MARK_MARGIN;
  const marks = new MarkJournal(dataFolder).marks.filter(({ marked_at }) => !(Date.parse(marked_at) < since));
  for (const mark of marks) {
    const record: Extract<ControlRecord, { kind: 'feedback' }> = feedbackOf(mark);
    const own = manifest.inputs.filter(({ tenant }) => tenant === mark.tenant);
    journal.append(mark.tenant, Object.fromEntries(own.map(({ partition, offset }) => [partition, offset])), record);
  }
  return marks.length;
}
