import { ENVELOPE_LISTS, ENVELOPE_OBJECTS } from '../fields.ts';

/** Envelopes that are taken off, one in another. */
const MOST = 6;
/** Fields that an envelope does not have: an object with one of them is a record itself. */
const OF_RECORDS = ['status', 'method', 'request', 'http', 'http.request.method', 'http.response.status_code', 'event_type'];

/** The line in the envelopes that shippers have put around it; a line in none is itself. For looking at a sample, not for work. */
export function lineInside(line: string): string {
  let inner = line;
  for (let level = 0; level < MOST; level++) {
    const next = inside(inner);
    if (next === undefined) break;
    inner = next;
  }
  return inner;
}

function inside(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  let object: Record<string, unknown>;
  try {
    object = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined; // cut, or no JSON
  }
  if (OF_RECORDS.some((name) => object[name] !== undefined) || JSON.stringify(object.attributes ?? '').includes('"http.')) return undefined;
  for (const name of ENVELOPE_LISTS) {
    const list = object[name];
    if (Array.isArray(list) && typeof list[0] === 'object') return JSON.stringify(list[0]);
  }
  const parsed = ENVELOPE_OBJECTS.map((name) => object[name]).find((value) => typeof value === 'object' && value !== null);
  if (parsed !== undefined) return JSON.stringify(parsed);
  const texts = [
    object.message,
    object.log,
    member(object.event, 'original'),
    member(object.body, 'stringValue'),
    object.body,
    object.MESSAGE,
  ];
  return texts.find((text): text is string => typeof text === 'string' && text !== '')?.trim();
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
