import type { RawChunk } from '../../core/raw.ts';
import type { Emit, Stage } from '../../core/stage.ts';
import type { Topology } from '../../core/topology-contract.ts';
import type { OpenedInput } from './byte-source.ts';

/** How much of an input's end is looked at to learn its last event time. */
const END_BYTES = 256 * 1024;
const NEWLINE = 10;

/** Event times at the beginning and the end of an input, ms; undefined where nothing there could be parsed. */
export interface Span {
  first: number | undefined;
  last: number | undefined;
}

interface ProbedInput {
  tenant: string;
  source: string;
  partition: string;
  format: string;
  opened: OpenedInput;
}

/** Reads the first and the last lines of a file through normalise stages of their own. Not for stdin. */
export async function probeSpan(topology: Topology, input: ProbedInput): Promise<Span> {
  const end = await lastBytes(input.opened);
  const newline = end.indexOf(NEWLINE);
  const lines = input.opened.head.length === end.length ? end : end.subarray(newline + 1);
  return {
    first: (await times(topology, input, input.opened.head.subarray(0, input.opened.head.lastIndexOf(NEWLINE) + 1 || undefined)))?.lowest,
    last: (await times(topology, input, lines, header(input.opened.head)))?.highest,
  };
}

/** Comment lines at the beginning of a file (Zeek's), which the lines behind them need to be understood. */
function header(head: Uint8Array): Uint8Array {
  let end = 0;
  while (head[end] === 0x23) {
    const newline = head.indexOf(NEWLINE, end);
    if (newline < 0) break;
    end = newline + 1;
  }
  return head.subarray(0, end);
}

async function times(
  topology: Topology,
  input: ProbedInput,
  lines: Uint8Array,
  before?: Uint8Array,
): Promise<{ lowest: number; highest: number } | undefined> {
  const { tenant, source, partition, format } = input;
  const stage: Stage<RawChunk> = await topology.createNormalise({ tenant, source, partition, format, upstreams: 1 }, 1);
  const chunk = (bytes: Uint8Array, offset: number): RawChunk => ({
    tenant,
    source,
    partition,
    offset,
    line: 0,
    bytes: new Uint8Array(bytes),
  });
  const emits: Emit[] = before === undefined ? [] : stage.process(chunk(before, 0));
  emits.push(...stage.process(chunk(lines, before?.length ?? 0)));
  emits.push(...stage.control({ kind: 'end', tenant, upstream: partition, provisional: true }));
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const emit of emits) {
    if (emit.output !== 'events') continue;
    for (let row = 0; row < emit.value.n; row++) {
      const at = emit.value.columns.at[row];
      lowest = Math.min(lowest, at);
      highest = Math.max(highest, at);
    }
  }
  return Number.isFinite(highest) ? { lowest, highest } : undefined;
}

/** The last bytes of a file; a compressed one is read through. */
async function lastBytes(opened: OpenedInput): Promise<Uint8Array> {
  const source = await opened.from(opened.kind === 'plain' ? Math.max(0, opened.size - END_BYTES) : 0);
  let last = new Uint8Array(0);
  const buffer = new Uint8Array(END_BYTES);
  try {
    for (let n = await source.read(buffer, 0); n > 0; n = await source.read(buffer, 0)) {
      const joined = new Uint8Array(last.length + n);
      joined.set(last);
      joined.set(buffer.subarray(0, n), last.length);
      last = joined.slice(Math.max(0, joined.length - END_BYTES));
    }
  } finally {
    await source.close();
  }
  return last;
}
