import { z } from 'zod';
import { ENTITY_KINDS } from './alert.ts';

/** Version of the mark records; grows when a field changes its meaning or goes. */
export const MARK_SCHEMA_VERSION = 1;

/** What a person may say of an incident: an attack; nothing of the kind; right, but it was known to come. */
export const MARKS = ['attack', 'benign', 'expected'] as const;
export type Mark = (typeof MARKS)[number];

const time = z
  .string()
  .regex(/^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .describe('ISO 8601, UTC, milliseconds');
const entity = z.strictObject({ kind: z.enum(ENTITY_KINDS), id: z.string().min(1) });

/**
 * A mark on an incident with what it is about: one line of a data folder's `marks.ndjson`, of `weir incidents marks --json`,
 * and of the file that `weir train --marks` reads. Of several marks of one incident the last one holds.
 */
export const MarkRecord = z.strictObject({
  schema_version: z.literal(MARK_SCHEMA_VERSION),
  number: z.int().min(1).describe('from 1, without gaps, in its data folder'),
  marked_at: time.describe('by the clock, for people'),
  incident_id: z.string().regex(/^[0-9a-f]{32}$/),
  mark: z.enum(MARKS),
  tenant: z.string(),
  title: z.string(),
  entities: z.array(entity).describe('what its alerts were raised on, and what the incident names first'),
  actors: z.array(entity).describe('the actors that matter, at most 50'),
  detectors: z.array(z.string()),
  from: time.describe('event time: begin of the incident'),
  to: time.describe('event time: end of the incident, exclusive'),
  until: time.nullable().describe('event time until which its like is not raised again; null: for ever, or nothing is hidden (attack)'),
  author: z.string(),
  note: z.string(),
  request: z.string().optional().describe('tells a command that was given twice from two commands'),
});
export type MarkRecord = z.infer<typeof MarkRecord>;

/** A mark before it was written down. */
export const MarkDraft = MarkRecord.omit({ schema_version: true, number: true, marked_at: true });
export type MarkDraft = z.infer<typeof MarkDraft>;

/** The mark that holds of each incident, in the order in which they were written down. */
export function lastMarks(marks: readonly MarkRecord[]): MarkRecord[] {
  const last = new Map(marks.map((mark) => [mark.incident_id, mark]));
  return marks.filter((mark) => last.get(mark.incident_id) === mark);
}

/**
 * Reads lines of marks as `weir incidents marks --json` writes them.
 * @throws Error naming the line and what is wrong with it
 */
export function parseMarks(text: string): MarkRecord[] {
  const marks: MarkRecord[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch (cause) {
      throw new Error(`line ${i + 1} is not JSON`, { cause });
    }
    const parsed = MarkRecord.safeParse(json);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new Error(`line ${i + 1} is no mark: ${issue.path.join('.') || 'all of it'}: ${issue.message}`);
    }
    marks.push(parsed.data);
  });
  return marks;
}
