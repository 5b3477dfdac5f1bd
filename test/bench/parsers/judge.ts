import { timeOf } from '../../../services/ingest/values/time.ts';
import type { Assertion, CaseFile } from './case.ts';
import { type ReadLine, readLines } from './read-lines.ts';

const encoder = new TextEncoder();
/** Ways in which a line carries no request: it is a record all the same, or at least no other one. */
const NO_REQUEST = new Set(['not_http', 'bad_request']);

export interface Verdict {
  format: string;
  assertion: Assertion;
  line: number;
  passed: boolean;
  /** what was read instead */
  got: string;
}

/** Compares what is read of a log's lines with what is expected of them. */
export function judge(file: CaseFile): Verdict[] {
  const reads = file.formats.map((format) => readLines(file.text, format));
  const verdicts: Verdict[] = [];
  for (const { line, assertions } of file.cases) {
    const candidates = reads.flatMap((lines) => lines.get(line) ?? []);
    const read =
      candidates.find(({ event }) => event !== undefined) ??
      candidates.find(({ reason }) => reason !== undefined && NO_REQUEST.has(reason)) ??
      candidates[0];
    for (const assertion of assertions) {
      const got = read === undefined ? 'nothing' : readValue(assertion, read);
      const passed = read !== undefined && (holds(assertion, read, got) || holdsBehindProxies(assertion, read, file, line));
      verdicts.push({ format: read?.format ?? file.formats[0], assertion, line, passed, got });
    }
  }
  return verdicts;
}

function readValue({ aspect }: Assertion, read: ReadLine): string {
  const { event, fields } = read;
  switch (aspect) {
    case 'taken':
    case 'refused':
      return event === undefined ? `${read.reason}: ${read.detail}` : event.interface;
    case 'method':
      return read.method ?? '';
    case 'path':
      return read.path ?? '';
    case 'request':
    case 'version':
      return fields?.request ?? '';
    case 'host':
      return read.host ?? '';
    case 'status':
      return String(event?.status ?? fields?.status ?? '');
    case 'size':
      return String(event?.bytesOut ?? fields?.bytes_out ?? '');
    case 'size_in':
      return String(event?.bytesIn ?? fields?.bytes_in ?? '');
    case 'time':
      return event === undefined ? (fields?.time ?? fields?.start ?? '') : new Date(event.at).toISOString();
    case 'duration':
      return String(event?.duration ?? '');
    case 'address':
      return event?.address || event?.account || (fields?.address ?? '');
    case 'peer':
    case 'peer_port':
      return event?.interface ?? '';
    case 'agent':
      return fields?.agent ?? '';
    case 'user':
      return fields?.user ?? '';
  }
}

function holds(assertion: Assertion, read: ReadLine, got: string): boolean {
  const { aspect, expected } = assertion;
  const { event, fields } = read;
  const isNone = expected === '-' || expected === '' || expected === 'unix:';
  switch (aspect) {
    case 'taken':
      return event !== undefined || NO_REQUEST.has(read.reason ?? '');
    case 'refused':
      if (event !== undefined) return event.interface.startsWith('tcp ') || event.interface.startsWith('udp ');
      return NO_REQUEST.has(read.reason ?? '') || !assertion.connection;
    case 'method':
      return (
        got === expected.toUpperCase() ||
        (isNone && got === '') ||
        (got === 'OTHER' && (fields?.method ?? fields?.request ?? '').startsWith(expected))
      );
    case 'path':
      return (
        got === expected ||
        got.split('?')[0] === expected ||
        (fields?.request ?? fields?.path ?? '') === expected ||
        fields?.request?.split(' ')[1] === expected ||
        (isNone && got === '')
      );
    case 'request':
      return got === expected;
    case 'version':
      // the version is kept nowhere: where a request line has one, it must be read as part of that line
      return fields?.request === undefined || got.endsWith(`/${expected}`) || isNone;
    case 'host':
      return withoutPort(got) === withoutPort(expected) || isNone;
    case 'status':
    case 'size':
    case 'size_in':
      return got === expected || (Number(got) === 0 && (isNone || Number(expected) === 0)) || (got === '' && isNone);
    case 'time':
      return isTime(expected, read, got);
    case 'duration':
      return Math.abs(Number(got) - Number(expected) / 1e6) <= 1;
    case 'address':
      return (
        withoutPort(got) === withoutPort(expected) ||
        sameAddress(withoutPort(got), withoutPort(expected)) ||
        fields?.peer_address === expected ||
        (isNone && got === '')
      );
    case 'peer':
      return got.includes(expected) || got.includes('external');
    case 'peer_port':
      return got.endsWith(`:${expected}`) || got.endsWith(':high') || got.endsWith(':low');
    case 'agent':
      return got === expected || (isNone && (got === '' || got === '-'));
    case 'user':
      return got === expected || (isNone && (got === '' || got === '-'));
  }
}

/** Milliseconds that a text may mean: with its zone, and as if it had none (a log without zones is read as UTC). */
function timesOf(text: string): number[] {
  const bytes = encoder.encode(text);
  const zoneless = encoder.encode(text.replace(/[+-]\d\d:?\d\d$/, ''));
  return [timeOf(bytes, 0, bytes.length), timeOf(zoneless, 0, zoneless.length), Date.parse(text)].filter(Number.isFinite);
}

/** The event's time is the record's end; others give its beginning. Seconds are enough. */
function isTime(expected: string, { event, fields }: ReadLine, got: string): boolean {
  const wanted = timesOf(expected);
  if (wanted.length === 0) return true; // a part of a time
  const read = event === undefined ? timesOf(got) : [event.at, event.at - event.duration];
  read.push(...timesOf(fields?.start ?? ''), ...timesOf(fields?.time ?? ''));
  return wanted.some((time) => read.some((one) => Math.abs(one - time) < 1000));
}

function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]+)\](:\d+)?$/.exec(text);
  if (bracketed !== null) return bracketed[1];
  if (text.includes('%')) return withoutPort(text.slice(0, text.indexOf('%')));
  return text.split(':').length === 2 ? text.slice(0, text.indexOf(':')) : text;
}

/** Two ways to write one IPv6 address. */
function sameAddress(a: string, b: string): boolean {
  if (!a.includes(':') || !b.includes(':')) return false;
  try {
    return new URL(`http://[${a}]`).hostname === new URL(`http://[${b}]`).hostname;
  } catch {
    return false; // no address
  }
}

/**
 * Who is the client depends on the proxies that are trusted. Where all private addresses are not what the expectation was
 * made with, nobody is, or those that stand behind the expected address in the line's own list.
 */
function holdsBehindProxies(assertion: Assertion, read: ReadLine, file: CaseFile, line: number): boolean {
  if (assertion.aspect !== 'address' || read.fields === undefined) return false;
  const hops = `${read.fields.forwarded ?? ''}, ${read.fields.address ?? ''}`.split(',').map((hop) => withoutPort(hop.trim()));
  const at = hops.indexOf(withoutPort(assertion.expected));
  if (at < 0) return false;
  const proxies = hops.slice(at + 1).filter((hop) => /^[\d.]+$|:/.test(hop));
  const networks = proxies.map((hop) => (hop.includes(':') ? `${hop}/128` : `${hop}/32`));
  return [[], networks].some((trusted) => {
    const again = readLines(file.text, read.format, trusted).get(line);
    return again !== undefined && holds(assertion, again, readValue(assertion, again));
  });
}
