import { WeirError } from '../../core/errors.ts';

/**
 * What a variable's values look like, where nothing around them says where they end:
 * - text: anything
 * - word: no spaces
 * - list: words with `, ` or ` : ` between (nginx's upstream variables after retries)
 * - number: digits, with decimals
 * - clf, iso: a time as nginx's $time_local, $time_iso8601
 * - method: capital letters
 * - host: no slash
 * - bracketed: a time with its brackets (Apache's %t)
 * - quotable: in double quotes, or a bare dash (Traefik)
 * - clock: what `clock` describes
 */
export type Shape = 'text' | 'word' | 'list' | 'number' | 'clf' | 'iso' | 'method' | 'host' | 'bracketed' | 'quotable' | 'clock';

/** A place in a line where a value stands. */
export interface Variable {
  /** the name by which fields and rules know it */
  name: string;
  shape: Shape;
  /** parts of a time, for shape clock: letters as in strftime, and `milli`, `micro`; other text literally */
  clock?: readonly ClockPart[];
  /**
   * which part of the value, or which form of it: a query without its `?`; the last of a list of
   * addresses, or the ones before; a client that is an address, or one that is the name of a host
   */
  as?: 'bare_query' | 'last_hop' | 'other_hops' | 'address' | 'client_name';
  /** a name of its own besides: the same value in another writing */
  also?: readonly Pick<Variable, 'name' | 'as'>[];
}

/** What a clock reads, by strftime's letters; `ms`, `us`, `ns`: digits of a fraction; `epoch_…` of the time since 1970. */
export type ClockPart =
  | { literal: string }
  | {
      read:
        | 'Y'
        | 'y'
        | 'm'
        | 'd'
        | 'e'
        | 'b'
        | 'B'
        | 'H'
        | 'I'
        | 'M'
        | 'S'
        | 'p'
        | 'z'
        | 'Z'
        | 'a'
        | 'A'
        | 'j'
        | 'fraction'
        | 's'
        | 'epoch_ms'
        | 'epoch_us';
    };

/** A line as a gateway's format string has it: literals and variables in turn. */
export interface Template {
  pieces: readonly (string | Variable)[];
  /** how the gateway writes bytes that would break a line or a quote; none: it does not */
  escape: 'backslash' | 'none';
}

const TIMES = new Set(['clf', 'iso', 'bracketed', 'clock']);
/** Shapes whose end is seen without what follows. */
const ENDS_ITSELF = new Set<Shape>(['clf', 'iso', 'bracketed', 'quotable', 'clock', 'method', 'host']);

/** Makes neighbouring literals one, leaves empty ones out, and the space at the end. */
export function tidy(pieces: readonly (string | Variable)[]): (string | Variable)[] {
  const all: (string | Variable)[] = [];
  for (const piece of pieces) {
    const last = all[all.length - 1];
    if (piece === '') continue;
    if (typeof piece === 'string' && typeof last === 'string') all[all.length - 1] = last + piece;
    else all.push(piece);
  }
  // the spaces at the end of a line are not kept, and a pattern over several lines ends with a line feed
  const last = all[all.length - 1];
  if (typeof last === 'string') {
    const kept = last.replace(/[ \r\n]+$/, '');
    all.splice(-1, 1, ...(kept === '' ? [] : [kept]));
  }
  return all;
}

/** Names that a template's lines can give. */
export function variablesOf(template: Template): Set<string> {
  const names = new Set<string>();
  for (const piece of template.pieces) {
    if (typeof piece === 'string') continue;
    names.add(piece.name);
    for (const { name } of piece.also ?? []) names.add(name);
  }
  return names;
}

/**
 * Refuses a pattern whose lines can never be events, or in which one value's end cannot be told from the next one's start.
 * @param known names of `fields` that give what the message is about: times, and requests
 */
export function checkTemplate(
  template: Template,
  where: { source: string; pattern: string; written: (variable: Variable) => string },
  known: { times: readonly string[]; requests: readonly string[]; advice: { time: string; request: string } },
): void {
  const complain = (what: string): never => {
    throw new WeirError('config', `sources.${where.source}.pattern: ${what}; the pattern is ${shorten(where.pattern)}`);
  };
  const names = variablesOf(template);
  if (!known.times.some((name) => names.has(name)) && !template.pieces.some((piece) => typeof piece !== 'string' && TIMES.has(piece.shape)))
    complain(`it has no time, so no line can be an event: add ${known.advice.time}, or name it in fields.time`);
  if (!known.requests.some((name) => names.has(name)))
    complain(`it has no request, so no line can be an event: add ${known.advice.request}, or name it in fields.request`);
  template.pieces.forEach((piece, i) => {
    const next = template.pieces[i + 1];
    if (typeof piece === 'string' || next === undefined || typeof next === 'string') return;
    if (!ENDS_ITSELF.has(piece.shape))
      complain(
        `${where.written(piece)} and ${where.written(next)} stand side by side, so nothing says where one ends; put something between them`,
      );
  });
}

function shorten(pattern: string): string {
  return pattern.length > 300 ? `${pattern.slice(0, 300)}…` : pattern;
}
