import type { FieldPlan } from '../field-plan.ts';
import { SLOT } from '../fields.ts';
import { KIND } from './json-scanner.ts';
import { LinePrefix, mayHavePrefix } from './line-prefix.ts';
import type { RecordView } from './record-view.ts';

/**
 * Whether the object in the slots is a shipper's envelope around a line rather than a record itself: it has the line's
 * text, and none of the fields that every record of the format has. (A host, a time, an agent and a path are in both.)
 */
export function opensEnvelope(view: RecordView, plan: FieldPlan): boolean {
  const kind = view.kinds[plan.envelopeSlot];
  if ((kind !== KIND.text && kind !== KIND.escaped) || isRecord(view, plan)) return false;
  if (plan.kind === 'text' || plan.lines !== undefined) return true;
  // a text that is no JSON is no line of a JSON format: then it is a field like others
  const { bytes } = view.workspace;
  const start = view.starts[plan.envelopeSlot];
  if (bytes[start] === 0x7b || bytes[start] === 0x5b) return true;
  if (!mayHavePrefix(bytes, start)) return false;
  const prefix = new LinePrefix();
  return prefix.read(bytes, start, view.ends[plan.envelopeSlot], true) && (bytes[prefix.at] === 0x7b || bytes[prefix.at] === 0x5b);
}

/** Number, in `plan.listSlots`, of an array of records in the object that is in the slots, which is none itself; -1 without one. */
export function opensList(view: RecordView, plan: FieldPlan): number {
  const { kinds } = view;
  for (let i = 0; i < plan.listSlots.length; i++) if (kinds[plan.listSlots[i]] === KIND.list) return isRecord(view, plan) ? -1 : i;
  return -1;
}

/** Slot of an object in the object that is in the slots, which is no record itself; -1 without one. */
export function opensObject(view: RecordView, plan: FieldPlan): number {
  for (const slot of plan.objectSlots) if (view.kinds[slot] === KIND.raw) return isRecord(view, plan) ? -1 : slot;
  return -1;
}

/** Whether the object in the slots has what every record of the format has. */
function isRecord({ kinds }: RecordView, plan: FieldPlan): boolean {
  if (plan.kind === 'text') return false;
  if (plan.flows) return kinds[SLOT.address] !== KIND.absent;
  return kinds[SLOT.status] !== KIND.absent || kinds[SLOT.method] !== KIND.absent || kinds[SLOT.request] !== KIND.absent;
}
