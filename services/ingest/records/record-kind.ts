import type { FieldPlan } from '../field-plan.ts';
import { KIND } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';

/** What a record is: a request, a connection, one direction of a connection, or nothing that is read. */
export type RecordKind = 'request' | 'flow' | 'one_way' | 'none';

/** Of what kind the view's record is. */
export function recordKind(view: RecordView, plan: FieldPlan): RecordKind {
  const { select } = plan;
  if (select === undefined) return plan.flows ? (plan.oneWay ? 'one_way' : 'flow') : 'request';
  const { kinds, starts, ends, workspace } = view;
  const { slot } = select;
  if (kinds[slot] !== KIND.text && kinds[slot] !== KIND.number) {
    if (select.absent === undefined || select.unless.some((other) => kinds[other] !== KIND.absent)) return 'none';
    return select.absent;
  }
  const isOne = (values: readonly Uint8Array[]): boolean => {
    for (const value of values) if (equals(workspace.bytes, starts[slot], ends[slot], value)) return true;
    return false;
  };
  if (isOne(select.requests)) return 'request';
  if (isOne(select.flows)) return 'flow';
  return isOne(select.oneWay) ? 'one_way' : 'none';
}

/** Why a record is nothing that is read. */
export function kindRefusal(view: RecordView, plan: FieldPlan): string {
  const { what, read, slot } = plan.select ?? { what: '', read: '', slot: 0 };
  return view.has(slot) ? `a record of ${what} '${view.show(slot)}'; read are ${read}` : `a record without ${what}; read are ${read}`;
}

function equals(bytes: Uint8Array, start: number, end: number, value: Uint8Array): boolean {
  if (value.length !== end - start) return false;
  for (let i = 0; i < value.length; i++) if (bytes[start + i] !== value[i]) return false;
  return true;
}
