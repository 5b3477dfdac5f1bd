import { join } from 'node:path';
import * as z from 'zod';
import { MarkDraft, type MarkRecord } from '../../schemas/marks.ts';
import type { ControlRecord } from '../core/control.ts';
import { recordFeedback } from '../drivers/embedded/known-runs.ts';
import { MarkJournal } from '../state/mark-journal.ts';
import { inDataFolder } from '../storage/folder-request.ts';
import { openStore, type Store } from '../storage/store.ts';

/** What `weir incidents mark` asks of the process that has the data folder. */
export const MarkRequest = z.strictObject({ kind: z.literal('mark'), mark: MarkDraft });
export type MarkRequest = z.infer<typeof MarkRequest>;

type Feedback = Extract<ControlRecord, { kind: 'feedback' }>;

/** Event time that never comes: a mark without end. */
const FOR_EVER = 8_640_000_000_000_000;

/** Has a mark written down and told to the runs: by the one that is on at once, else before they read on. */
export function requestMark(dataFolder: string, mark: MarkDraft): Promise<MarkRecord> {
  const request: MarkRequest = { kind: 'mark', mark };
  return inDataFolder(dataFolder, request, async () => {
    const store = await openStore({ path: dataFolder }, { marksOnly: true });
    let clean = false;
    try {
      const written = await performMark(dataFolder, mark, store, async (record) => recordFeedback(join(dataFolder, 'snapshots'), record));
      clean = true;
      return written;
    } finally {
      await store.close(clean);
    }
  });
}

/**
 * Writes a mark down: for the runs, then for people, then in the store. A mark that was cut short by a crash is confirmed
 * to nobody and can be given again.
 */
export async function performMark(
  dataFolder: string,
  draft: MarkDraft,
  store: Pick<Store, 'feedback' | 'flush'>,
  tell: (record: Feedback) => Promise<void>,
): Promise<MarkRecord> {
  const journal = new MarkJournal(dataFolder);
  const done = draft.request === undefined ? undefined : journal.marks.find(({ request }) => request === draft.request);
  if (done !== undefined) return done;
  const mark = journal.next(draft, Date.now());
  await tell(feedbackOf(mark));
  journal.append(mark);
  storeMarks(store, [mark]);
  await store.flush();
  return mark;
}

/** A mark as the runs hear of it. */
export function feedbackOf({ tenant, incident_id, mark, until }: MarkRecord): Feedback {
  return { kind: 'feedback', tenant, incident: incident_id, mark, until: until === null ? FOR_EVER : Date.parse(until) };
}

/** Marks into the feedback table; one that is there already is replaced by itself. */
export function storeMarks(store: Pick<Store, 'feedback'>, marks: readonly MarkRecord[]): void {
  store.feedback(
    marks.map(({ tenant, incident_id, mark, until, author, note, number }) => ({
      tenant,
      incident_id,
      mark,
      until: until === null ? null : Date.parse(until),
      author,
      note,
      version: number,
    })),
  );
}
