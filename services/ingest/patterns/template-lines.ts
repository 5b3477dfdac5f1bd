import { SLOT } from '../fields.ts';
import type { Capture, LineContext, LineFault, LineFormat, SlotNames } from '../format.ts';
import { hasBackslash, quoteEnd, unescaped } from '../records/escapes.ts';
import type { RecordView } from '../records/record-view.ts';
import { SlotWriter } from '../records/slot-writer.ts';
import { isHostName } from '../records/text-checks.ts';
import type { Workspace } from '../records/workspace.ts';
import { Clock } from '../values/clock.ts';
import type { ClockPart, Shape, Template, Variable } from './template.ts';
import { clfEnd, isoEnd, numberEnd } from './value-shapes.ts';

const QUOTE = 0x22;
const SPACE = 0x20;
const DASH = 0x2d;
const COMMA = 0x2c;
const encoder = new TextEncoder();
const RAW_ENDERS = Uint8Array.from({ length: 256 }, (_, c) => (c === QUOTE ? 1 : 0));
const TIMES = /^(clf|iso|bracketed|clock)$/;

/** How a value's end is found. */
type Way = Shape | 'quoted' | 'raw_quoted' | 'first_quote' | 'rest';

/** A value and the literal behind it. */
interface Step {
  way: Way;
  label: string;
  /** the literal behind the value; empty: the line's end or the next value */
  next: Uint8Array;
  /** the value ends with the line */
  last: boolean;
  /** where the value goes, under its own name and others; empty: nobody wants it */
  wanted: readonly { captures: readonly Capture[]; as: Variable['as'] }[];
  /** parts of a time, index of the clock that gathers them */
  clock: readonly ClockPart[] | undefined;
  clockOf: number;
}

/** Several ways to find the line's values come to this much work per byte of it at most; what takes more is refused. */
const WORK_PER_BYTE = 32;
const LEAST_WORK = 20_000;

/**
 * Reads lines that a format string describes. First each value ends at the nearest place that its shape and what follows
 * allow; where that does not come out, every other way is looked for, and a line that can be read in two ways is refused.
 */
export class TemplateLines implements LineFormat {
  readonly timeFirst: boolean;
  private readonly format: string;
  private readonly lead: Uint8Array;
  private readonly steps: readonly Step[];
  private readonly escaped: boolean;
  /** how many values may end in several places */
  private readonly loose: number;
  /** those, and a last one that may hold anything, where there are both; first bytes of what may end them */
  private readonly mixable: readonly number[];
  private readonly enders = new Uint8Array(256);
  private readonly clocks: { clock: Clock; captures: readonly Capture[] }[] = [];
  private readonly writer = new SlotWriter();
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  private readonly found: Int32Array;
  private solutions = 0;
  private work = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private stop = 0;
  /** where the line stopped to fit: which step, and where */
  private failedStep = 0;
  private failedAt = 0;
  /** how far the last read line fitted: what tells the better of two templates */
  reached = 0;

  constructor(format: string, template: Template, names: SlotNames, written: (variable: Variable) => string) {
    this.format = format;
    this.escaped = template.escape === 'backslash';
    const { pieces } = template;
    const first = typeof pieces[0] === 'string' ? pieces[0] : '';
    this.lead = encoder.encode(first);
    const steps: Step[] = [];
    const byClock = new Map<string, number>();
    pieces.forEach((piece, i) => {
      if (typeof piece === 'string') return;
      const before = pieces[i - 1];
      const behind = pieces[i + 1];
      const next = typeof behind === 'string' ? behind : '';
      let clockOf = -1;
      if (piece.shape === 'clock') {
        clockOf = byClock.get(piece.name) ?? this.clocks.push({ clock: new Clock(), captures: names.get(piece.name) ?? [] }) - 1;
        byClock.set(piece.name, clockOf);
      }
      const isQuoted = typeof before === 'string' && before.endsWith('"') && next.startsWith('"');
      const own = [{ name: piece.name, as: piece.as }, ...(piece.also ?? [])];
      steps.push({
        way: wayOf(piece.shape, isQuoted, this.escaped, behind === undefined),
        label: written(piece),
        next: encoder.encode(next),
        last: behind === undefined,
        wanted:
          piece.shape === 'clock'
            ? []
            : own.flatMap(({ name, as }) => (names.has(name) ? [{ captures: names.get(name) as readonly Capture[], as }] : [])),
        clock: piece.clock,
        clockOf,
      });
    });
    this.steps = steps;
    this.loose = steps.filter(isLoose).length;
    this.mixable = this.loose === 0 ? [] : steps.flatMap((step, i) => (isLoose(step) || step.way === 'rest' ? [i] : []));
    for (const step of steps) if (isLoose(step)) this.enders[step.next[0]] = 1;
    this.starts = new Int32Array(steps.length);
    this.ends = new Int32Array(steps.length);
    this.found = new Int32Array(steps.length * 2);
    const isTime = ({ slot }: Capture): boolean => slot === SLOT.time || slot === SLOT.start;
    const opensWithTime = TIMES.test(steps[0]?.way ?? '') || steps[0]?.wanted.some((one) => one.captures.some(isTime)) === true;
    this.timeFirst = /^\[?$/.test(first) && opensWithTime;
  }

  read(view: RecordView, context: LineContext, fault: LineFault): boolean {
    const { bytes } = view.workspace;
    this.bytes = bytes;
    this.stop = view.end;
    const { lead, steps } = this;
    this.failedStep = 0;
    this.failedAt = view.start;
    this.solutions = 0;
    this.work = 0;
    this.reached = view.start;
    if (
      !this.literalAt(lead, view.start) ||
      !(this.straight(view.start + lead.length) || (this.loose > 0 && this.anyWay(view.start + lead.length)))
    ) {
      this.reached = this.failedAt;
      this.explain(view, fault);
      return false;
    }
    this.reached = view.end;
    const last = steps[steps.length - 1];
    if (context.cut && last.last && last.wanted.length > 0 && last.way !== 'clf' && last.way !== 'bracketed') {
      fault.reason = 'truncated';
      fault.detail = `the last line has no line feed, so nothing says that its last value ${last.label} is whole`;
      return false;
    }
    return this.give(view, fault);
  }

  /** Each value at the nearest end; false: it does not come out. */
  private straight(at: number): boolean {
    const { steps, starts, ends } = this;
    for (const { clock } of this.clocks) clock.reset();
    for (let i = 0; i < steps.length; i++) {
      const end = this.endOf(steps[i], at, i);
      if (end < 0) return false;
      starts[i] = at;
      ends[i] = end;
      at = Math.min(end + steps[i].next.length, this.stop);
    }
    if (at === this.stop) return this.mixable.length < 2 || !this.isMixed();
    this.fail(steps.length, at);
    return false;
  }

  /** Whether some value that may hold anything holds what could end one of them. */
  private isMixed(): boolean {
    const { mixable, steps, starts, ends, bytes } = this;
    for (const i of mixable) {
      // between quotes that are not escaped only another quote can end a value
      const enders = steps[i].way === 'raw_quoted' ? RAW_ENDERS : this.enders;
      for (let at = starts[i]; at < ends[i]; at++) if (enders[bytes[at]] === 1) return true;
    }
    return false;
  }

  /** The only way to read the line, where there is one and no other. */
  private anyWay(at: number): boolean {
    const { steps, starts, ends, found } = this;
    this.solutions = 0;
    this.work = Math.max(LEAST_WORK, WORK_PER_BYTE * (this.stop - at));
    for (const { clock } of this.clocks) clock.reset();
    this.solve(0, at);
    if (this.solutions !== 1 || this.work < 0) return false;
    for (let i = 0; i < steps.length; i++) {
      starts[i] = found[2 * i];
      ends[i] = found[2 * i + 1];
    }
    // the clocks have read other ways since
    steps.forEach((step, i) => {
      if (step.clock !== undefined) this.clocks[step.clockOf].clock.read(step.clock, this.bytes, starts[i], this.stop);
    });
    return true;
  }

  private solve(index: number, at: number): void {
    const { steps, starts, ends, found } = this;
    if (index === steps.length) {
      if (at !== this.stop) return;
      this.solutions++;
      for (let i = 0; i < steps.length; i++) {
        found[2 * i] = starts[i];
        found[2 * i + 1] = ends[i];
      }
      return;
    }
    const step = steps[index];
    const many = isLoose(step);
    let end = this.endOf(step, at, index);
    if (end < 0) this.work -= this.stop - at;
    while (end >= 0 && this.solutions < 2 && this.work >= 0) {
      this.work -= end - at + 1;
      starts[index] = at;
      ends[index] = end;
      this.solve(index + 1, Math.min(end + step.next.length, this.stop));
      if (!many) return;
      end = this.indexOf(step.next, end + 1);
      if (end >= 0 && !this.isClean(step, at, end)) return;
      if (end < 0) this.work -= this.stop - at;
    }
  }

  /** Nearest end of a step's value from `at`, where its literal follows; -1 without one. */
  private endOf(step: Step, at: number, index: number): number {
    const end = this.shapeEnd(step, at);
    if (end >= 0 && !this.isClean(step, at, end)) {
      this.fail(index, at);
      return -1;
    }
    if (end >= 0 && this.follows(step, end, index)) return end;
    if (end < 0) this.fail(index, -end - 1);
    else this.fail(index, end, step);
    return -1;
  }

  /**
   * Whether a value that may hold anything has no quote that the gateway would have escaped: with one, the line is two that were
   * written into each other. Apache has `""` for an empty name.
   */
  private isClean({ way }: Step, at: number, end: number): boolean {
    if (!this.escaped || (way !== 'text' && way !== 'rest')) return true;
    const quote = quoteEnd(this.bytes, at, end);
    return quote < 0 || (quote === at && end === at + 2);
  }

  /** Whether the step's literal, or the line's end, is at `end`. */
  private follows(step: Step, end: number, index: number): boolean {
    if (step.last) return end === this.stop;
    if (step.next.length === 0) return true;
    if (this.literalAt(step.next, end)) return true;
    // spaces at a line's end are not kept: an empty last value stands behind one
    return end === this.stop && index === this.steps.length - 2 && step.next.length === 1 && step.next[0] === SPACE;
  }

  /** Where a value from `at` ends by its shape; -1 - (where it stopped to fit) when it does not. */
  private shapeEnd(step: Step, at: number): number {
    const { bytes, stop } = this;
    switch (step.way) {
      case 'quoted': {
        const end = quoteEnd(bytes, at, stop);
        return end < 0 ? -1 - stop : end;
      }
      case 'first_quote': {
        const end = bytes.indexOf(QUOTE, at);
        return end < 0 || end > stop ? -1 - stop : end;
      }
      case 'raw_quoted':
      case 'text': {
        if (step.last) return stop;
        const end = this.indexOf(step.next, at);
        return end < 0 ? -1 - stop : end;
      }
      case 'rest':
        return stop;
      case 'word':
        return this.wordEnd(step, at);
      case 'list':
        return this.listEnd(step, at);
      case 'number':
        return numberEnd(bytes, at, stop);
      case 'clf':
        return at < stop && bytes[at] === DASH ? at + 1 : clfEnd(bytes, at, stop);
      case 'iso':
        return at < stop && bytes[at] === DASH ? at + 1 : isoEnd(bytes, at, stop);
      case 'bracketed': {
        const end = bytes[at] === 0x5b ? clfEnd(bytes, at + 1, stop) : -1 - at;
        return end < 0 ? end : bytes[end] === 0x5d && end < stop ? end + 1 : -1 - end;
      }
      case 'method': {
        let end = at;
        while (end < stop && ((bytes[end] >= 0x41 && bytes[end] <= 0x5a) || bytes[end] === DASH || bytes[end] === 0x5f)) end++;
        return end;
      }
      case 'host': {
        let end = at;
        if (bytes[at] === 0x5b) while (end < stop && bytes[end] !== 0x5d && bytes[end] > SPACE) end++;
        const first = step.next.length === 0 ? SPACE : step.next[0];
        for (; end < stop && bytes[end] > SPACE && bytes[end] !== 0x2f && bytes[end] !== 0x3f && bytes[end] !== QUOTE; end++)
          if (bytes[end] === first && this.literalAt(step.next, end)) break;
        return end;
      }
      case 'quotable': {
        if (bytes[at] !== QUOTE) return at < stop && bytes[at] === DASH ? at + 1 : -1 - at;
        const end = quoteEnd(bytes, at + 1, stop);
        return end < 0 ? -1 - stop : end + 1;
      }
      default: {
        const end = this.clocks[step.clockOf].clock.read(step.clock ?? [], bytes, at, stop);
        return end < 0 ? -1 - at : end;
      }
    }
  }

  /** A value without spaces, up to the step's literal. */
  private wordEnd(step: Step, at: number): number {
    const { bytes, stop } = this;
    const { next } = step;
    const first = next.length === 0 ? SPACE : next[0];
    let end = at;
    for (; end < stop; end++) {
      const c = bytes[end];
      if (c === SPACE || (c === first && this.literalAt(next, end))) break;
    }
    return end;
  }

  /** Words with `, ` or ` : ` between, up to the step's literal. */
  private listEnd(step: Step, at: number): number {
    const { bytes, stop } = this;
    const { next } = step;
    const first = next.length === 0 ? SPACE : next[0];
    let end = at;
    let inBrackets = false;
    for (;;) {
      for (; end < stop && bytes[end] !== SPACE && bytes[end] !== QUOTE; end++) {
        const c = bytes[end];
        if (c === 0x5b)
          inBrackets = true; // an address of IPv6
        else if (c === 0x5d) {
          if (!inBrackets) break;
          inBrackets = false;
        } else if (c === first && this.literalAt(next, end) && !(c === COMMA && bytes[end + 1] === SPACE)) break;
      }
      if (end > at && bytes[end - 1] === COMMA && bytes[end] === SPACE) end++;
      else if (bytes[end] === SPACE && bytes[end + 1] === 0x3a && bytes[end + 2] === SPACE && end + 2 < stop) end += 3;
      else return end;
    }
  }

  private literalAt(literal: Uint8Array, at: number): boolean {
    const { bytes } = this;
    if (at + literal.length > this.stop) return false;
    for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return false;
    return true;
  }

  private indexOf(literal: Uint8Array, at: number): number {
    const { bytes } = this;
    const first = literal[0];
    for (let i = at; i <= this.stop - literal.length; i++) if (bytes[i] === first && this.literalAt(literal, i)) return i;
    return -1;
  }

  /** Notes how far the line fitted; `step`: its value did, the literal behind it did not. */
  private fail(index: number, at: number, step?: Step): void {
    if (step !== undefined) for (let i = 0; i < step.next.length && at < this.stop && this.bytes[at] === step.next[i]; i++) at++;
    if (at < this.failedAt) return;
    this.failedAt = at;
    this.failedStep = index;
  }

  private explain(view: RecordView, fault: LineFault): void {
    const { steps, failedStep, failedAt } = this;
    const where = `at byte ${failedAt - view.start + 1} of the line`;
    const cut = failedAt >= view.end && failedStep > 0;
    fault.reason = cut ? 'truncated' : 'not_this_format';
    if (this.solutions > 1 || this.work < 0) fault.reason = 'not_this_format';
    if (this.solutions > 1)
      fault.detail = `no ${this.format} record: the line can be read in more than one way, since a value has what stands between values`;
    else if (this.work < 0) fault.detail = `no ${this.format} record: too many ways to read the line`;
    else if (failedStep >= steps.length) fault.detail = `no ${this.format} record: the line goes on behind its last value, ${where}`;
    else if (cut) fault.detail = `no ${this.format} record: the line ends before ${steps[failedStep].label} does`;
    else fault.detail = `no ${this.format} record: ${expected(steps[failedStep])} was expected ${where}`;
  }

  /** Puts the values into the view's slots. */
  private give(view: RecordView, fault: LineFault): boolean {
    const { steps, starts, ends, writer, escaped, bytes } = this;
    const { workspace } = view;
    writer.begin(view);
    for (let i = 0; i < steps.length; i++) {
      const { wanted, way } = steps[i];
      if (wanted.length === 0) continue;
      let start = starts[i];
      let end = ends[i];
      if (way === 'quotable' && bytes[start] === QUOTE) {
        start++;
        end--;
      }
      if (escaped && hasBackslash(bytes, start, end)) {
        const plain = unescaped(workspace, start, end);
        if (plain >= 0) {
          start = plain;
          end = workspace.scratch;
        }
      }
      for (const { captures, as } of wanted) {
        if (as === undefined) writer.put(captures, start, end);
        else this.rewritten(workspace, captures, as, start, end);
      }
    }
    for (const { clock, captures } of this.clocks) {
      const time = clock.time();
      if (Number.isNaN(time)) {
        fault.reason = 'bad_time';
        fault.detail = 'the day of its time does not exist';
        return false;
      }
      const text = encoder.encode((time / 1000).toFixed(3));
      const from = workspace.put(text, 0, text.length);
      writer.put(captures, from, workspace.scratch);
    }
    return true;
  }

  private rewritten(workspace: Workspace, captures: readonly Capture[], as: NonNullable<Variable['as']>, start: number, end: number): void {
    const { bytes } = workspace;
    const { writer } = this;
    if (as === 'address' || as === 'client_name') {
      if (isHostName(bytes, start, end) === (as === 'client_name')) writer.put(captures, start, end);
    } else if (as === 'bare_query') writer.put(captures, bytes[start] === 0x3f ? start + 1 : start, end);
    else if (as === 'last_hop' || as === 'other_hops') {
      let comma = end;
      while (comma > start && bytes[comma - 1] !== COMMA) comma--;
      if (as === 'last_hop') {
        while (comma < end && bytes[comma] === SPACE) comma++;
        writer.put(captures, comma, end);
      } else if (comma > start) writer.put(captures, start, comma - 1);
    }
  }
}

function isLoose({ way, last }: Step): boolean {
  return (way === 'text' || way === 'raw_quoted') && !last;
}

function wayOf(shape: Shape, isQuoted: boolean, escaped: boolean, last: boolean): Way {
  if (shape === 'text' || shape === 'list') {
    if (isQuoted) return escaped ? 'quoted' : shape === 'list' ? 'first_quote' : 'raw_quoted';
    return last ? 'rest' : shape;
  }
  if (shape === 'word' && isQuoted) return escaped ? 'quoted' : 'first_quote';
  return shape;
}

function expected({ label, way }: Step): string {
  switch (way) {
    case 'clf':
      return `${label}, a time like 22/Nov/2026:09:59:14 +0800,`;
    case 'bracketed':
      return `${label}, a time like [22/Nov/2026:09:59:14 +0800],`;
    case 'iso':
      return `${label}, a time like 2026-11-22T09:59:14+08:00,`;
    case 'number':
      return `${label}, a number, and what stands behind it`;
    default:
      return `${label}, and what stands behind it,`;
  }
}
