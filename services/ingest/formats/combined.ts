import { type FieldMap, type FieldName, GUESSED_TARGETS, rulesOf, SLOT } from '../fields.ts';
import type { LineContext, LineFault, LineFormat, LineSyntax, SlotNames, TextFormat } from '../format.ts';
import { hasBackslash, unescaped } from '../records/escapes.ts';
import { KIND } from '../records/json-scanner.ts';
import type { RecordView } from '../records/record-view.ts';
import { type CombinedResult, parseCombined, put } from './combined-line.ts';

/** nginx's names of what a combined line says: by these, rules and `fields` of a source know it. */
const FIELDS = {
  time: ['time_local'],
  duration: ['request_time'],
  duration_ms: ['request_time_ms'],
  status: ['status'],
  bytes_out: ['body_bytes_sent'],
  address: ['remote_addr'],
  forwarded: ['http_x_forwarded_for'],
  request: ['request'],
  host: ['host'],
  agent: ['http_user_agent'],
} satisfies FieldMap;
const USER = 'remote_user';
/** a client that was logged by the name of its host */
const CLIENT = 'client_name';

/** nginx's and Apache's common and combined format, with what is often put before and behind. */
export const combined: TextFormat = {
  kind: 'text',
  fields: FIELDS,
  identity: [...rulesOf([USER]), { field: CLIENT, origin: 'host' }],
  targets: GUESSED_TARGETS,
  syntax: () => COMBINED,
};

const COMBINED: LineSyntax = {
  variables: new Set([USER, CLIENT, ...Object.values(FIELDS).flat()]),
  bind: (names) => new CombinedLines(names),
};

/** Texts in quotes, in which gateways escape what is not printable. */
const QUOTED = [SLOT.request, SLOT.agent];

class CombinedLines implements LineFormat {
  private readonly userSlot: number;
  private readonly clientSlot: number;
  /** slots that are wanted besides the field's own: from, to */
  private readonly copies: [number, number][] = [];
  private readonly result: CombinedResult = { cut: false, hasAgent: false, openTail: false, escaped: false, isNamed: false, expected: '' };

  constructor(names: SlotNames) {
    this.userSlot = names.get(USER)?.[0].slot ?? -1;
    this.clientSlot = names.get(CLIENT)?.[0].slot ?? -1;
    for (const [field, [name]] of Object.entries(FIELDS)) {
      const own = SLOT[field as FieldName];
      for (const { slot } of names.get(name) ?? []) if (slot !== own) this.copies.push([own, slot]);
    }
  }

  read(view: RecordView, { cut }: LineContext, fault: LineFault): boolean {
    const { result } = this;
    const { bytes } = view.workspace;
    if (!parseCombined(bytes, view.start, view.end, view, this.userSlot, result)) {
      fault.reason = result.cut ? 'truncated' : 'not_this_format';
      fault.detail = `no combined record: ${result.expected} was expected`;
      return false;
    }
    if (cut && (!result.hasAgent || result.openTail)) {
      fault.reason = 'truncated';
      fault.detail = `the last line has no line feed and ends ${result.hasAgent ? 'in a value that may go on' : 'before its referer and agent'}`;
      return false;
    }
    const { kinds, starts, ends } = view;
    if (result.isNamed && this.clientSlot >= 0) {
      kinds[SLOT.address] = KIND.absent;
      put(view, this.clientSlot, starts[SLOT.address], ends[SLOT.address]);
    }
    if (result.escaped) for (const slot of QUOTED) this.unescaped(view, slot);
    if (this.userSlot >= 0 && kinds[this.userSlot] === KIND.text) this.unescaped(view, this.userSlot);
    for (const [from, to] of this.copies) {
      kinds[to] = kinds[from];
      starts[to] = starts[from];
      ends[to] = ends[from];
    }
    return true;
  }

  private unescaped({ kinds, starts, ends, workspace }: RecordView, slot: number): void {
    if (kinds[slot] !== KIND.text || !hasBackslash(workspace.bytes, starts[slot], ends[slot])) return;
    const plain = unescaped(workspace, starts[slot], ends[slot]);
    if (plain < 0) return;
    starts[slot] = plain;
    ends[slot] = workspace.scratch;
  }
}
