import { type LogRecords, MAX_LINE_BYTES, type RawChunk } from '../../core/raw.ts';
import type { FieldPlan } from '../field-plan.ts';
import { InputState } from '../input-state.ts';
import { opensEnvelope, opensList, opensObject } from './envelope.ts';
import { type JsonScanner, KIND } from './json-scanner.ts';
import { LinePrefix, mayHavePrefix } from './line-prefix.ts';
import type { RecordView } from './record-view.ts';
import { isBinary, lineEnd } from './text-checks.ts';
import { type RecordHandler, TextReader } from './text-reader.ts';
import { invalidUtf8At } from './utf8.ts';

const FEED = 0x0a;
const OBJECT = 0x7b;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;
const COMMA = 0x2c;
/** Envelopes that may lie one in another (a shipper's around a container runtime's). */
const MAX_ENVELOPES = 2;
/** Copies of a line that came in parts: itself, and what is decoded of it. */
const DECODED_JOINED = 4;
/** Lists of records that may lie one in another (OpenTelemetry's resources, scopes and spans, and a shipper's around them). */
const MAX_LISTS = 6;

/** Events of one record, or of one array in a line; what follows is one dead letter. */
const MOST_EVENTS = 65_535;

/** Cuts a chunk into records and lines, reads each by the source's format and hands over what it finds, in order. */
export class RecordReader {
  private readonly view: RecordView;
  private readonly scanner: JsonScanner;
  private readonly plan: FieldPlan;
  /** of lines that are no JSON; undefined: the format has none */
  private readonly text: TextReader | undefined;
  private readonly handler: RecordHandler;
  private readonly isJson: boolean;
  private input: InputState | undefined;
  private unterminated = false;
  /** the chunk is of a log: its records are read for themselves */
  private ofLog = false;
  /** envelopes around what is being read */
  private depth = 0;
  /** lists around what is being read */
  private lists = 0;
  /** a document may go on over the lines of its record */
  private mayFold = false;
  /** the line feeds of bytes from `foldedAt` on are carriage returns for now: what they were */
  private folded: Uint8Array | undefined;
  private readonly prefix = new LinePrefix();
  private foldedAt = 0;

  constructor(view: RecordView, scanner: JsonScanner, plan: FieldPlan, handler: RecordHandler) {
    this.view = view;
    this.scanner = scanner;
    this.plan = plan;
    if (plan.lines !== undefined) this.text = new TextReader(view, plan.lines, handler, new InputState(''));
    this.handler = handler;
    this.isJson = plan.kind === 'json';
  }

  /** Reads the chunk, which the workspace holds. */
  read(chunk: RawChunk, input: InputState): void {
    const { view, handler, scanner } = this;
    const { end } = view.workspace;
    this.input = input;
    this.unterminated = chunk.unterminated === true;
    this.ofLog = chunk.records !== undefined;
    view.line = chunk.line;
    view.float(chunk.offset);
    scanner.attach(view.workspace);
    if (chunk.records !== undefined) this.records(chunk.records);
    else if (chunk.skipped !== undefined) {
      handler.begin();
      view.place(0, end);
      handler.refuse('line_too_long', `the line has ${chunk.skipped} bytes, more than a record may have`);
    } else this.lines(chunk.offset === 0 ? this.behindMark(0, end) : 0, end);
  }

  /** Position behind a byte order mark at `start`. */
  private behindMark(start: number, end: number): number {
    const { bytes } = this.view.workspace;
    return start + 3 <= end && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf ? start + 3 : start;
  }

  private lines(start: number, end: number): void {
    const { view, handler } = this;
    for (let at = start; at < end; ) {
      handler.begin();
      view.workspace.clearScratch();
      at = this.line(at, end);
      if (view.line > 0) view.line++;
    }
  }

  private records({ starts, offsets }: LogRecords): void {
    const { view, handler } = this;
    const { bytes } = view.workspace;
    const input = this.input as InputState;
    for (let i = 0; i < starts.length; i++) {
      const start = this.behindMark(starts[i], view.workspace.end);
      let end = i + 1 < starts.length ? starts[i + 1] - 1 : view.workspace.end;
      while (end > start && (bytes[end - 1] === FEED || bytes[end - 1] === 0x0d)) end--;
      if (end <= start) continue;
      view.pin(offsets[i]);
      handler.begin();
      if (input.skips.size > 0 && input.skips.has(offsets[i])) {
        view.place(start, end);
        handler.refuse('poison', 'the record stopped the program three times and was skipped');
        continue;
      }
      if (this.text !== undefined) input.header.forget();
      this.recordLines(start, end);
    }
  }

  /** Lines of one record, or JSON documents in it that go over several lines. */
  private recordLines(start: number, end: number): void {
    const { view, handler } = this;
    const { bytes } = view.workspace;
    const isLong = end - start > MAX_LINE_BYTES;
    this.mayFold = true;
    for (let at = start; at < end; ) {
      handler.makeRoom();
      view.workspace.clearScratch();
      if (view.events >= MOST_EVENTS) {
        this.refuseRest(at, end);
        break;
      }
      const feed = isLong ? lineEnd(bytes, at, end) : at;
      if (feed - at > MAX_LINE_BYTES) {
        this.refuseLong(at, feed);
        at = feed + 1;
      } else at = this.line(at, end);
    }
    this.mayFold = false;
  }

  /** Places in a record are numbered with 16 bits; one with more events holds nothing that a gateway wrote. */
  private refuseRest(start: number, end: number): void {
    this.view.place(start, end, MOST_EVENTS);
    this.handler.refuse(
      'line_too_long',
      `a record holds at most ${MOST_EVENTS} events; the ${end - start} bytes behind these are not read`,
    );
  }

  private refuseLong(start: number, end: number): void {
    this.view.place(start, end);
    this.handler.refuse('line_too_long', `the record has ${end - start} bytes in one piece, more than a record may have`);
  }

  /**
   * JSON documents over several lines, each beginning on its own, from `start` on. What is none is left to be read by line,
   * unless it looks like one broken document. Returns where to go on.
   */
  private documents(start: number, end: number): number {
    const { view, handler } = this;
    const { bytes } = view.workspace;
    // Carriage returns are space to the scanner, and no more allowed in a string than line feeds are.
    const lines = bytes.slice(start, end);
    this.folded = lines;
    this.foldedAt = start;
    for (let i = start; i < end; i++) if (bytes[i] === FEED) bytes[i] = 0x0d;
    let at = start;
    while (at < end) {
      const stop = bytes[at] === OBJECT ? this.object(at, end) : bytes[at] === ARRAY ? this.array(at, end) : -1;
      if (stop < 0) break;
      at = stop;
      handler.makeRoom();
      view.workspace.clearScratch();
    }
    this.folded = undefined;
    if (at >= end) return end;
    bytes.set(lines.subarray(at - start), at);
    if (bytes[at] !== ARRAY && (bytes[at] !== OBJECT || hasOpening(bytes, at, end))) return at;
    if (end - at > MAX_LINE_BYTES) this.refuseLong(at, end);
    else {
      view.place(at, end);
      this.refuseUnreadable();
    }
    return end;
  }

  /** Reads a line. Returns the start of the next one. */
  private line(start: number, end: number): number {
    const { bytes } = this.view.workspace;
    if (!mayHavePrefix(bytes, start) || this.plan.lines?.ownPrefix === true) return this.bareLine(start, end);
    const { prefix } = this;
    const input = this.input as InputState;
    const feed = lineEnd(bytes, start, end);
    let at = start;
    for (let n = 0; n < MAX_ENVELOPES && prefix.read(bytes, at, feed, this.plan.lines?.timeFirst === true); n++) {
      at = prefix.at;
      if (!prefix.partial && !input.partial.has(prefix.stream)) continue;
      const next = feed < end ? feed + 1 : end;
      input.partial.add(prefix.stream, bytes, at, feed, this.view.placeOf(start));
      if (!prefix.partial) this.joined(start, prefix.stream);
      return next;
    }
    return this.bareLine(at, end);
  }

  /** Reads a line that came in parts, as records of its own. */
  private joined(start: number, stream: number): void {
    const { view, scanner } = this;
    const { workspace } = view;
    const part = (this.input as InputState).partial.take(stream);
    if (part === undefined) return;
    workspace.reserve(DECODED_JOINED * part.length);
    scanner.attach(workspace);
    const from = workspace.put(part.bytes, 0, part.bytes.length);
    if (part.length <= part.bytes.length) this.readCopy(from, start);
    else {
      view.place(from, workspace.scratch);
      this.handler.refuse('line_too_long', `the line has ${part.length} bytes in its parts, more than a record may have`);
    }
  }

  /** What has come of lines whose rest is not going to: the input has ended. */
  finish(input: InputState): void {
    const { view, handler } = this;
    for (const part of input.partial.takeAll()) {
      view.workspace.load(part.bytes);
      view.float(part.offset);
      handler.begin();
      view.place(0, part.bytes.length);
      handler.refuse('truncated', 'a line that the container runtime has split (CRI, tag P): its last part did not come');
    }
  }

  private bareLine(start: number, end: number): number {
    if (this.isJson) return this.jsonLine(start, end);
    const { bytes } = this.view.workspace;
    if (bytes[start] === OBJECT) {
      const next = this.wrapped(start, end);
      if (next >= 0) return next;
    }
    return this.textLine(start, end);
  }

  private textLine(start: number, end: number): number {
    const feed = lineEnd(this.view.workspace.bytes, start, end);
    const cut = feed >= end && this.unterminated;
    this.text?.line(start, feed, this.input as InputState, cut, this.ofLog);
    return feed < end ? feed + 1 : end;
  }

  /** A line of a text format in an envelope; -1 when it is none. */
  private wrapped(start: number, end: number): number {
    const { scanner } = this;
    scanner.clear();
    const stop = scanner.scan(start);
    if (stop < 0 || !this.opens()) return -1;
    const next = this.behind(stop, end);
    if (next >= 0) this.found(start, stop, 0);
    return next;
  }

  /** Whether the object in the slots is one that holds records rather than a record. */
  private opens(): boolean {
    const { view, plan } = this;
    return opensEnvelope(view, plan) || opensList(view, plan) >= 0 || opensObject(view, plan) >= 0;
  }

  /** A line that should be JSON. Returns the start of the next line. */
  private jsonLine(start: number, end: number): number {
    const { scanner, view } = this;
    const { bytes } = view.workspace;
    let at = scanner.skipSpace(start);
    if (at >= end) return end;
    let c = bytes[at];
    if (c === FEED) return at + 1;
    if (!this.ofLog && (c === ARRAY || c === ARRAY_END)) {
      // the brackets of an array whose elements have a line each
      const behind = scanner.skipSpace(at + 1);
      if (behind >= end || bytes[behind] === FEED) return Math.min(behind + 1, end);
    }
    // `[pod/…] {`: kubectl's prefix begins as no array does
    if (c !== OBJECT && (c !== ARRAY || bytes[at + 1] === 0x70)) {
      const inner = this.prefix.behindName(bytes, at, lineEnd(bytes, at, end));
      if (inner > 0 && (bytes[inner] === OBJECT || bytes[inner] === ARRAY)) {
        at = inner;
        c = bytes[at];
      } else if (this.text !== undefined) return this.textLine(start, end);
    }
    const next = c === OBJECT ? this.object(at, end) : c === ARRAY ? this.array(at, end) : scanner.fail(at);
    if (next >= 0) return next;
    const feed = lineEnd(bytes, start, end);
    if (this.mayFold && feed < end && scanner.errorAt === feed && (c === OBJECT || c === ARRAY)) {
      this.mayFold = false;
      return this.documents(at, end);
    }
    view.place(start, feed);
    this.refuseUnreadable();
    return feed < end ? feed + 1 : end;
  }

  /** Position of what follows a document that ended at `stop`: nothing else may stand in its line. -1 when something does. */
  private behind(stop: number, end: number): number {
    const { scanner, folded, foldedAt } = this;
    const { bytes } = this.view.workspace;
    let at = scanner.skipSpace(stop);
    // an element of an array whose elements have a line each
    if (bytes[at] === COMMA && !this.ofLog && at < end) at = scanner.skipSpace(at + 1);
    if (at >= end) return end;
    if (bytes[at] === FEED) return at + 1;
    if (folded !== undefined) {
      const feed = folded.indexOf(FEED, stop - foldedAt);
      if (feed >= 0 && feed + foldedAt < at) return at;
    }
    return scanner.fail(at);
  }

  /** The object at `start`, a record. Returns where to go on; -1 when it is no valid JSON, too long, or not all of its line. */
  private object(start: number, end: number): number {
    const { scanner } = this;
    scanner.clear();
    const stop = scanner.scan(start);
    if (stop < 0 || stop - start > MAX_LINE_BYTES) return -1;
    const next = this.behind(stop, end);
    if (next >= 0) this.found(start, stop, 0);
    return next;
  }

  /** An array of records; -1 when it is no valid JSON as a whole: then nothing of it is taken. */
  private array(start: number, end: number): number {
    const { scanner, handler, view } = this;
    const { bytes } = view.workspace;
    scanner.clear();
    const stop = scanner.check(start);
    const next = stop < 0 || stop - start > MAX_LINE_BYTES ? -1 : this.behind(stop, end);
    if (next < 0) return -1;
    let at = scanner.skipSpace(start + 1);
    for (let index = 0; bytes[at] !== 0x5d; index++) {
      handler.makeRoom();
      view.workspace.clearScratch();
      if (Math.max(index, view.events) >= MOST_EVENTS) {
        this.refuseRest(at, stop);
        break;
      }
      scanner.clear();
      const isObject = bytes[at] === OBJECT;
      const behind = isObject ? scanner.scan(at) : scanner.check(at);
      if (isObject) this.found(at, behind, index);
      else {
        view.place(at, behind, index);
        handler.refuse('not_this_format', 'an element of the array is no object');
      }
      at = scanner.skipSpace(behind);
      if (bytes[at] === 0x2c) at = scanner.skipSpace(at + 1);
    }
    return next;
  }

  /** An object whose fields are in the slots: a record, an envelope around one, or one that holds a list of them. */
  private found(start: number, stop: number, index: number): void {
    const { view, plan } = this;
    const list = this.scanner.anyEscaped && this.lists < MAX_LISTS ? opensList(view, plan) : -1; // a list has to be decoded
    if (list >= 0) {
      this.each(list, start, stop);
      return;
    }
    if (this.depth < MAX_ENVELOPES && opensEnvelope(view, plan)) {
      this.open(start);
      return;
    }
    const object = this.lists < MAX_LISTS ? opensObject(view, plan) : -1;
    if (object >= 0) {
      this.inner(object, start);
      return;
    }
    view.place(start, stop, index);
    if (!this.isJson) {
      this.handler.refuse('not_this_format', 'an object without a line of the format');
      return;
    }
    if (this.scanner.anyEscaped) this.decodeAll();
    this.handler.record();
  }

  /** Reads an object in the object at `start` as the record; what stands around it is the shipper's. */
  private inner(slot: number, start: number): void {
    const { view, scanner } = this;
    const at = view.starts[slot];
    const pinned = view.pinAt(start);
    this.lists++;
    scanner.clear();
    this.found(at, scanner.scan(at), 0);
    this.lists--;
    if (pinned) view.unpin();
  }

  /** Reads the elements of a list in the object at `start`. What the object says besides holds for each, unless that says it itself. */
  private each(list: number, start: number, stop: number): void {
    const { view, scanner, handler, plan } = this;
    const { bytes } = view.workspace;
    const level = this.lists++;
    const slot = plan.listSlots[list];
    const pinned = view.pinAt(start);
    let at = scanner.skipSpace(view.starts[slot] + 1);
    view.kinds[slot] = KIND.absent;
    scanner.keep(level);
    while (bytes[at] !== 0x5d) {
      handler.makeRoom();
      view.workspace.clearScratch();
      if (view.events >= MOST_EVENTS) {
        this.refuseRest(at, stop);
        break;
      }
      const isObject = bytes[at] === OBJECT;
      const behind = isObject ? scanner.scan(at) : scanner.check(at);
      if (isObject) this.found(at, behind, 0);
      else {
        view.place(at, behind);
        handler.refuse('not_this_format', `an element of ${plan.listNames[list]} is no object`);
      }
      scanner.restore(level);
      at = scanner.skipSpace(behind);
      if (bytes[at] === 0x2c) at = scanner.skipSpace(at + 1);
    }
    if (pinned) view.unpin();
    this.lists--;
  }

  /** Reads the text in an envelope, whose object is in the slots, as records of its own. */
  private open(start: number): void {
    const { scanner, plan } = this;
    const { workspace, kinds, starts, ends } = this.view;
    const slot = plan.envelopeSlot;
    let from: number;
    if (kinds[slot] === KIND.escaped) {
      scanner.decode(slot);
      from = starts[slot];
    } else from = workspace.put(workspace.bytes, starts[slot], ends[slot]);
    this.readCopy(from, start);
  }

  /** Reads the text in scratch from `from` on as records, which stand where `start` is. */
  private readCopy(from: number, start: number): void {
    const { view } = this;
    const { workspace } = view;
    const end = workspace.scratch;
    workspace.bytes[workspace.scratch++] = FEED;
    const { folded, foldedAt, unterminated, mayFold } = this;
    const held = workspace.hold();
    const pinned = view.pinAt(start);
    this.folded = undefined;
    this.unterminated = false;
    this.depth++;
    this.recordLines(from, end);
    this.depth--;
    this.unterminated = unterminated;
    this.mayFold = mayFold;
    this.folded = folded;
    this.foldedAt = foldedAt;
    if (pinned) view.unpin();
    workspace.release(held);
  }

  private decodeAll(): void {
    const { kinds } = this.view;
    for (let slot = 0; slot < kinds.length; slot++) {
      if (kinds[slot] === KIND.escaped || kinds[slot] === KIND.list) this.scanner.decode(slot);
    }
  }

  /** What is in the view is no JSON: says why. */
  private refuseUnreadable(): void {
    const { scanner, handler, view } = this;
    const { bytes } = view.workspace;
    const { start, end } = view;
    const at = Math.min(scanner.errorAt, end);
    let last = end;
    while (last > start && (bytes[last - 1] === 0x0d || bytes[last - 1] === 0x20)) last--;
    const first = scanner.skipSpace(start);
    const where = `at byte ${at - start + 1} of the ${lineEnd(bytes, start, end) < end ? 'record' : 'line'}`;
    if (hasControls(bytes, start, end)) handler.refuse('binary', `control characters that no text has ${where}`);
    else if (scanner.error === 'invalid_utf8' || invalidUtf8At(bytes, start, end) >= 0)
      handler.refuse('invalid_utf8', `not UTF-8 ${where}`);
    else if (bytes[first] !== OBJECT && bytes[first] !== ARRAY)
      handler.refuse('not_json', 'the line does not begin with an object or array');
    else if (at >= last) handler.refuse('truncated', `the record ends in the middle, ${where}`);
    else handler.refuse('not_json', `unexpected ${shown(bytes[at])} ${where}`);
  }
}

function shown(c: number): string {
  return c >= 0x20 && c < 0x7f ? `'${String.fromCharCode(c)}'` : `byte 0x${c.toString(16).padStart(2, '0')}`;
}

/** Whether some line behind the first one begins with an object or array. */
function hasOpening(bytes: Uint8Array, start: number, end: number): boolean {
  for (let feed = lineEnd(bytes, start, end); feed < end; feed = lineEnd(bytes, feed + 1, end)) {
    if (feed + 1 < end && (bytes[feed + 1] === OBJECT || bytes[feed + 1] === ARRAY)) return true;
  }
  return false;
}

/** `isBinary` for text of several lines. */
function hasControls(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const feed = lineEnd(bytes, at, end);
    if (isBinary(bytes, at, feed)) return true;
    at = feed + 1;
  }
  return false;
}
