import type { FieldPlan } from './field-plan.ts';
import { SLOT } from './fields.ts';
import { KIND } from './json-scanner.ts';
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
  return containerPrefix(bytes, start, view.ends[plan.envelopeSlot]) > 0;
}

/** Number, in `plan.listSlots`, of an array of records in the object that is in the slots, which is none itself; -1 without one. */
export function opensList(view: RecordView, plan: FieldPlan): number {
  const { kinds } = view;
  for (let i = 0; i < plan.listSlots.length; i++) if (kinds[plan.listSlots[i]] === KIND.list) return isRecord(view, plan) ? -1 : i;
  return -1;
}

/** Whether the object in the slots has what every record of the format has. */
function isRecord({ kinds }: RecordView, plan: FieldPlan): boolean {
  if (plan.kind === 'text') return false;
  if (plan.flows) return kinds[SLOT.address] !== KIND.absent;
  return kinds[SLOT.status] !== KIND.absent || kinds[SLOT.method] !== KIND.absent || kinds[SLOT.request] !== KIND.absent;
}

/** `2026-11-22T09:59:14.1+08:00 stdout F {…`: what container runtimes put before a line of JSON; start of the record or -1. */
export function containerPrefix(bytes: Uint8Array, start: number, end: number): number {
  const c = bytes[start];
  if (c < 0x30 || c > 0x39) return -1;
  for (let i = start + 19; i < end && i < start + 60; i++) {
    const byte = bytes[i] === 0x5c && bytes[i + 1] === 0x22 ? -1 : bytes[i];
    if (byte !== 0x7b && byte !== 0x5b) continue;
    const full = bytes[i - 1] === 0x20 && bytes[i - 2] === 0x46 && bytes[i - 3] === 0x20;
    return full && bytes[i - 10] === 0x20 && bytes[i - 9] === 0x73 ? i : -1;
  }
  return -1;
}
