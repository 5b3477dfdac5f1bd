import type { FieldPlan } from './field-plan.ts';
import { SLOT } from './fields.ts';
import { KIND } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';

/**
 * Whether the object in the slots is a shipper's envelope around a line rather than a record itself: it has the line's
 * text, and none of the fields that every record of the format has. (A host, a time, an agent and a path are in both.)
 */
export function opensEnvelope(view: RecordView, plan: FieldPlan): boolean {
  const { kinds } = view;
  const kind = kinds[plan.envelopeSlot];
  if (kind !== KIND.text && kind !== KIND.escaped) return false;
  if (plan.kind === 'text') return true;
  if (plan.flows) return kinds[SLOT.address] === KIND.absent;
  if (kinds[SLOT.status] !== KIND.absent || kinds[SLOT.method] !== KIND.absent || kinds[SLOT.request] !== KIND.absent) return false;
  // a text that is no JSON is no line of a JSON format: then it is a field like others
  const first = view.workspace.bytes[view.starts[plan.envelopeSlot]];
  return first === 0x7b || first === 0x5b;
}
