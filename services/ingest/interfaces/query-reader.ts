import type { FieldPlan } from '../field-plan.ts';
import { SLOT } from '../fields.ts';
import { hexDigit, KIND } from '../records/json-scanner.ts';
import type { RecordView } from '../records/record-view.ts';
import type { TargetFinder } from '../target-finder.ts';
import { unsignedOf } from '../values/numbers.ts';
import type { InterfaceTable } from './interface-table.ts';
import { QUERY_ID, QueryKeys, TARGET_SHIFT } from './query-keys.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Reads a request's query: ids of objects, and targets. */
export class QueryReader {
  private readonly view: RecordView;
  private readonly plan: FieldPlan;
  private readonly interfaces: InterfaceTable;
  private readonly targets: TargetFinder;
  private readonly keys: QueryKeys;

  constructor(view: RecordView, plan: FieldPlan, interfaces: InterfaceTable, targets: TargetFinder, seed: number) {
    this.view = view;
    this.plan = plan;
    this.interfaces = interfaces;
    this.targets = targets;
    this.keys = new QueryKeys(plan.queryTargets, seed);
  }

  makeRoom(): void {
    this.keys.makeRoom();
  }

  /** Reads the query of the path bytes[start, end); where that is empty, the one that is logged by itself. */
  read(start: number, end: number): void {
    const { view } = this;
    const { kinds, starts, ends, workspace } = view;
    if (start < end) this.pairs(start, end);
    else if (kinds[SLOT.query] === KIND.text) {
      this.interfaces.refineByQuery(workspace, starts[SLOT.query], ends[SLOT.query]);
      this.pairs(starts[SLOT.query], ends[SLOT.query]);
    } else if (kinds[SLOT.query_object] === KIND.raw && ends[SLOT.query_object] - starts[SLOT.query_object] > 2) {
      const from = workspace.scratch;
      this.object();
      this.interfaces.refineByQuery(workspace, from, workspace.scratch);
      this.pairs(from, workspace.scratch);
    }
  }

  private pairs(start: number, end: number): void {
    const { keys, interfaces, targets, plan, view } = this;
    const { bytes, view: data } = view.workspace;
    let at = start;
    while (at < end) {
      let equals = at;
      while (equals < end && bytes[equals] !== 0x3d && bytes[equals] !== 0x26) equals++;
      let stop = equals;
      while (stop < end && bytes[stop] !== 0x26) stop++;
      if (stop > equals + 1 && equals > at) {
        const key = keys.find(data, at, equals);
        const kind = key < 0 ? 0 : keys.classOf(key);
        if ((kind & QUERY_ID) !== 0) interfaces.addQueryId(keys.hashes[key], bytes, equals + 1, stop, unsignedOf(bytes, equals + 1, stop));
        const target = kind >> TARGET_SHIFT;
        if (target !== 0 && targets.id < 0) {
          const from = this.unescape(equals + 1, stop);
          if (from >= 0) targets.take(from, view.workspace.scratch, plan.queryTargetNames[target - 1]);
        }
      }
      at = stop + 1;
    }
  }

  /** Decodes a value into scratch and returns where it starts; -1 without room. */
  private unescape(start: number, end: number): number {
    const { workspace } = this.view;
    if (!workspace.hasRoom(end - start)) return -1;
    const { bytes } = workspace;
    const from = workspace.scratch;
    let to = from;
    for (let i = start; i < end; i++) {
      const c = bytes[i];
      const high = c === 0x25 && i + 2 < end ? hexDigit(bytes[i + 1]) : -1;
      const low = high >= 0 ? hexDigit(bytes[i + 2]) : -1;
      if (low >= 0) {
        bytes[to++] = (high << 4) | low;
        i += 2;
      } else bytes[to++] = c === 0x2b ? 0x20 : c;
    }
    workspace.scratch = to;
    return from;
  }

  /** Writes a query that was logged as an object into scratch, as name=value pairs. Rare: gateways log the path's query too. */
  private object(): void {
    const { workspace, starts, ends } = this.view;
    const text = decoder.decode(workspace.bytes.subarray(starts[SLOT.query_object], ends[SLOT.query_object]));
    if (!text.startsWith('{')) return;
    for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
      const first = Array.isArray(value) ? (value[0] as unknown) : value;
      if (typeof first !== 'string' && typeof first !== 'number') continue;
      // encodeURIComponent refuses a lone surrogate: the value's well-formed text is taken
      const pair = encoder.encode(`${name}=${encodeURIComponent(decoder.decode(encoder.encode(String(first))))}&`);
      workspace.put(pair, 0, pair.length);
    }
  }
}
