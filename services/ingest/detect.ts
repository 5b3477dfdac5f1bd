import { MAX_LINE_BYTES } from '../core/raw.ts';
import { NO_ADDRESS_DATA } from './addresses/addresses.ts';
import type { Sample } from './format.ts';
import { DETECTABLE, formatOf } from './formats/registry.ts';
import { createNormaliseStage } from './normalise.ts';
import type { FormatName } from './normalise-config.ts';
import { lineInside } from './records/sample-line.ts';

/** Most of an input's beginning that is looked at: one line of the longest. */
const SAMPLE_BYTES = MAX_LINE_BYTES + 1;
/** Lines that it looks at, and bytes of them: the first one, however long (a batch of OpenTelemetry's), and those that fit. */
const MAX_LINES = 200;
const USUAL_BYTES = 1 << 16;

export type Detection = { format: FormatName; confidence: number; reason: string } | { format: undefined; reason: string };

/**
 * Format of an input by its first bytes (uncompressed, up to SAMPLE_BYTES): the one whose parser takes most lines, the
 * own marks of a format deciding between those that would take each other's. `confidence` is the share of lines taken.
 */
export function detectFormat(sample: Uint8Array): Detection {
  if (sample.length === 0) return { format: undefined, reason: 'the input is empty' };
  if (sample[0] === 0x1f && sample[1] === 0x8b) return { format: undefined, reason: 'the input is compressed (gzip)' };
  if (isBinarySample(sample)) return { format: undefined, reason: 'the input is binary: it has bytes that no text has' };
  const bytes = sample.subarray(0, SAMPLE_BYTES);
  const lines = wholeLines(bytes);
  const records = new TextDecoder()
    .decode(lines)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (records.length === 0 && !/^#fields[\t:]/im.test(new TextDecoder().decode(lines)))
    return { format: undefined, reason: 'the input has no records' };
  const own = sampleOf(records, lines);
  let best: { format: FormatName; taken: number; mark: number } | undefined;
  for (const format of DETECTABLE) {
    const mark = formatOf(format).mark?.(own) ?? 0;
    // one that reads some kinds of records leaves all others aside: that it takes them says nothing
    if (mark === 0 && formatOf(format).select !== undefined) continue;
    const taken = records.length === 0 ? 0 : share(format, lines, mark);
    if (taken + mark === 0 || (taken === 0 && records.length > 0)) continue;
    if (best === undefined || taken + mark > best.taken + best.mark) best = { format, taken, mark };
  }
  if (best === undefined) {
    const array = /^\s*\[\s*([{["]|$)/.test(records[0] ?? '') ? '; it begins as a JSON array: write one record a line (jq -c .[])' : '';
    const lines = records.length === 1 ? 'the first line' : `the first ${records.length} lines`;
    return { format: undefined, reason: `no format reads ${lines}${array}; formats are ${DETECTABLE.join(', ')}` };
  }
  if (best.taken < 0.1 && records.length > 0) {
    return {
      format: undefined,
      reason: `${best.format} comes nearest but reads ${Math.round(best.taken * 100)} % of the first ${records.length} lines`,
    };
  }
  const reason =
    records.length === 0
      ? `its header is that of ${best.format}`
      : `${Math.round(best.taken * 100)} % of the first ${records.length} lines read as ${best.format}`;
  return { format: best.format, confidence: records.length === 0 ? 1 : best.taken, reason };
}

/** Whether bytes are no text: a NUL, or more than one in fifty control characters. */
export function isBinarySample(sample: Uint8Array): boolean {
  const length = Math.min(sample.length, SAMPLE_BYTES);
  let controls = 0;
  for (let i = 0; i < length; i++) {
    const c = sample[i];
    if (c === 0) return true;
    if (c < 0x20 && c !== 0x09 && c !== 0x0a && c !== 0x0d && c !== 0x1b) controls++;
  }
  return controls * 50 > length;
}

function wholeLines(bytes: Uint8Array): Uint8Array {
  let end = 0;
  for (let n = 0; n < MAX_LINES; n++) {
    const feed = bytes.indexOf(0x0a, end);
    if (feed < 0) break;
    if (end > 0 && feed >= USUAL_BYTES) break;
    end = feed + 1;
  }
  return end === 0 ? bytes : bytes.subarray(0, end);
}

/**
 * Share of the lines that the format's own parser takes. Lines that are its records and no requests count where something else says that
 * they are its own: an event, or the format's mark.
 */
function share(format: FormatName, lines: Uint8Array, mark: number): number {
  const stage = createNormaliseStage(
    { tenant: 'sample', source: 'sample', format, partitions: 1, upstreams: 1, key: [0, 0, 0, 0] },
    { addresses: NO_ADDRESS_DATA },
  );
  stage.process({ tenant: 'sample', source: 'sample', partition: 'sample', offset: 0, line: 1, bytes: lines });
  let read = 0;
  let dead = 0;
  let others = 0;
  for (const [name, value] of Object.entries(stage.counters())) {
    if (name.startsWith('read\t')) read += value;
    else if (!name.startsWith('dead\t')) continue;
    else if (/not_http|bad_request|time_in_future$/.test(name)) others += value;
    else dead += value;
  }
  if (read === 0 || (mark === 0 && read - dead === others)) return 0;
  return (read - dead) / read;
}

function sampleOf(records: readonly string[], lines: Uint8Array): Sample {
  const first = records.slice(0, 20).map(lineInside);
  return {
    records: first,
    text: new TextDecoder().decode(lines),
    has: (pattern) => first.length > 0 && first.filter((line) => pattern.test(line)).length * 2 > first.length,
  };
}
