import type { Format } from '../../../schemas/config.ts';
import { heapString } from '../../../services/core/batch.ts';
import type { RawChunk } from '../../../services/core/raw.ts';
import type { DeadReason, Emit } from '../../../services/core/stage.ts';
import { NO_ADDRESS_DATA } from '../../../services/ingest/addresses/addresses.ts';
import { planFields } from '../../../services/ingest/field-plan.ts';
import { FIELD_NAMES, type FieldName, SLOT } from '../../../services/ingest/fields.ts';
import { InputState } from '../../../services/ingest/input-state.ts';
import { METHODS } from '../../../services/ingest/interfaces/interface-table.ts';
import { RequestLine } from '../../../services/ingest/interfaces/request-line.ts';
import { createNormaliseStage } from '../../../services/ingest/normalise.ts';
import type { NormaliseConfig } from '../../../services/ingest/normalise-config.ts';
import { JsonScanner, KIND } from '../../../services/ingest/records/json-scanner.ts';
import { RecordReader } from '../../../services/ingest/records/record-reader.ts';
import { RecordView } from '../../../services/ingest/records/record-view.ts';
import { Workspace } from '../../../services/ingest/records/workspace.ts';

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', 'fc00::/7', '::1/128'];
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What an event says, as far as somebody else could say it too. */
export interface ReadEvent {
  at: number;
  duration: number;
  status: number;
  bytesIn: number;
  bytesOut: number;
  account: string;
  interface: string;
  address: string;
}

/** What was read of a line. */
export interface ReadLine {
  format: Format;
  event?: ReadEvent;
  /** why there is no event */
  reason?: DeadReason;
  detail?: string;
  /** texts of the record's fields, where it is a record */
  fields?: Partial<Record<FieldName | 'user', string>>;
  /** of its request, where it has one */
  method?: string;
  path?: string;
  host?: string;
}

/**
 * Reads a log as `format`; what came of each of its lines, by the line's number from 0. Each line is an input of its own,
 * behind the headers and the parts that it needs: lines of a test may be years apart, which one input takes for a bad clock.
 */
export function readLines(text: Uint8Array, format: Format, trusted: readonly string[] = PRIVATE): Map<number, ReadLine> {
  const config: NormaliseConfig = {
    tenant: 'bench',
    source: 'log',
    format,
    partitions: 1,
    upstreams: 1,
    key: [1, 2, 3, 4],
    trustedProxies: trusted,
  };
  const lines = new Map<number, ReadLine>();
  const stage = createNormaliseStage(config, { addresses: NO_ADDRESS_DATA });
  const fields = fieldReader(config);
  for (const input of inputsOf(text)) {
    const partition = `line ${input.line}`;
    const chunk: RawChunk = {
      tenant: 'bench',
      source: 'log',
      partition,
      offset: 0,
      line: 1,
      bytes: input.bytes,
    };
    const emits = [...stage.process(chunk), ...stage.control({ kind: 'end', tenant: 'bench', upstream: partition, provisional: false })];
    const read = outcomeOf(emits, format);
    if (read !== undefined) lines.set(input.line, { ...read, ...fields(chunk) });
  }
  return lines;
}

/** The first event, or what was said instead. */
function outcomeOf(emits: readonly Emit[], format: Format): ReadLine | undefined {
  let read: ReadLine | undefined;
  for (const emit of emits) {
    if (emit.output === 'dead') for (const { reason, detail } of emit.value) read ??= { format, reason, detail };
    if (emit.output !== 'events' || emit.value.n === 0) continue;
    const { columns: c, heap } = emit.value;
    const event = {
      at: c.at[0],
      duration: c.duration[0],
      status: c.status[0],
      bytesIn: c.bytesIn[0],
      bytesOut: c.bytesOut[0],
      account: heapString(heap, c.account[0]),
      interface: heapString(heap, c.interface[0]),
      address: heapString(heap, c.address[0]),
    };
    return { format, event };
  }
  return read;
}

const HEADER = /^#|\bsrcaddr\b/;
const PART = /^\S+ std(out|err) P /;

/** Each line that is no header itself, with the headers before it and the parts that it ends; the last one counts as whole. */
function* inputsOf(text: Uint8Array): Generator<{ line: number; bytes: Uint8Array }> {
  const lines = decoder.decode(text).split('\n');
  let headers = '';
  let parts = '';
  for (let line = 0; line < lines.length; line++) {
    if (HEADER.test(lines[line])) headers += `${lines[line]}\n`;
    else if (PART.test(lines[line])) parts += `${lines[line]}\n`;
    else if (lines[line].trim() !== '') {
      yield { line, bytes: encoder.encode(`${headers}${parts}${lines[line]}\n`) };
      parts = '';
    }
  }
}

/** Reads the texts that a record is made of, by the same reader that the stage has. */
function fieldReader(config: NormaliseConfig): (chunk: RawChunk) => Partial<ReadLine> {
  const plan = planFields(config);
  const workspace = new Workspace();
  const scanner = new JsonScanner(plan.paths, plan.slots, { dashIsAbsent: true });
  const view = new RecordView(workspace, scanner);
  const request = new RequestLine();
  const span = (start: number, end: number): string => decoder.decode(workspace.bytes.subarray(start, end));
  let found: Partial<ReadLine> = {};
  const reader = new RecordReader(view, scanner, plan, {
    begin: () => {},
    makeRoom: () => {},
    refuse: () => {},
    record: () => {
      if (found.fields !== undefined) return;
      found.fields = {};
      for (const name of FIELD_NAMES)
        if (view.kinds[SLOT[name]] !== KIND.absent) found.fields[name] = span(view.starts[SLOT[name]], view.ends[SLOT[name]]);
      const rule = plan.identity.find(({ slot, field }) => view.has(slot) && field !== 'client_name');
      if (rule !== undefined) found.fields.user = span(view.starts[rule.slot], view.ends[rule.slot]);
      if (plan.flows || !request.read(view, plan)) return;
      found.method = METHODS[request.method];
      found.path = span(request.pathStart, request.pathEnd);
      found.host = span(request.hostStart, request.hostEnd);
    },
  });
  return (chunk) => {
    found = {};
    workspace.load(chunk.bytes);
    reader.read(chunk, new InputState('log'));
    return found;
  };
}
