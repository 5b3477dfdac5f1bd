import type { EventBatch } from '../core/batch.ts';
import type { ByteReader, ByteWriter } from '../core/codec.ts';
import { combine32, hash32 } from '../core/hash.ts';
import { KEY_GROUPS, keyGroup } from '../core/key-groups.ts';
import { MINUTE } from '../core/watermark.ts';

const SMALLEST = 64;
/** A set that used less than one slot in so many is not kept for another minute. */
const SPARSE = 8;
/** Sets that are kept for minutes to come. */
const SPARES = 2;

/**
 * The requests of one tenant that a task has taken, so that what a shipper sends again counts once. Two events are one
 * request when they have the same id (of the same source: its name is part of the hash) and are alike in time to the
 * millisecond, account, path and status: an id that is used again otherwise is another request.
 *
 * A request is remembered as long as an event of its time would be taken: behind the watermark a repeat is late anyway.
 * So the memory is exact, and no larger than what comes in within the lateness. Which of two equal events is taken
 * depends on their order, what is counted does not.
 */
export class RequestMemory {
  /** by minute of the events' time */
  private readonly minutes = new Map<number, RequestSet>();
  private readonly spares: RequestSet[] = [];

  /** Number of requests that are remembered. */
  get size(): number {
    let size = 0;
    for (const set of this.minutes.values()) size += set.size;
    return size;
  }

  /**
   * Remembers a batch's requests that are not before `time` (those are late). Returns 1 for each row to be taken and 0
   * for each repeat; undefined: all are to be taken.
   */
  take(batch: EventBatch, time: number): Uint8Array | undefined {
    const { at, request, account, path, status } = batch.columns;
    const { bytes, ends } = batch.heap;
    let keep: Uint8Array | undefined;
    let set: RequestSet | undefined;
    for (let row = 0; row < batch.n; row++) {
      if (request[row] === 0 || at[row] < time) continue;
      const minute = Math.floor(at[row] / MINUTE);
      if (set === undefined || set.minute !== minute) set = this.minute(minute);
      const reference = account[row];
      const start = ends[reference - 1];
      const end = ends[reference];
      const mark = combine32(combine32(hash32(bytes, start, end), path[row]), status[row]);
      if (set.add(request[row], at[row] - minute * MINUTE, mark, keyGroup(bytes, start, end))) continue;
      keep ??= new Uint8Array(batch.n).fill(1);
      keep[row] = 0;
    }
    return keep;
  }

  /** Forgets the minutes that lie before `time`. */
  forget(time: number): void {
    for (const [minute, set] of this.minutes) {
      if ((minute + 1) * MINUTE > time) continue;
      this.minutes.delete(minute);
      if (this.spares.length < SPARES && set.size * SPARSE >= set.capacity) this.spares.push(set);
    }
  }

  private minute(minute: number): RequestSet {
    let set = this.minutes.get(minute);
    if (set === undefined) {
      set = this.spares.pop() ?? new RequestSet();
      set.reset(minute);
      this.minutes.set(minute, set);
    }
    return set;
  }

  /** Writes what is remembered, by key group; `begin` opens an entry in a group's state, `read` takes it from there. */
  write(begin: (group: number) => ByteWriter): void {
    for (const minute of [...this.minutes.keys()].sort((a, b) => a - b)) this.minute(minute).write(begin);
  }

  read(reader: ByteReader): void {
    const minute = reader.uint();
    const group = reader.u8();
    const set = this.minute(minute);
    for (let n = reader.uint(); n > 0; n--) {
      const request = reader.f64();
      const moment = reader.uint();
      set.add(request, moment, reader.u32(), group);
    }
  }
}

/** Requests of one minute: a hash table with open addressing. */
class RequestSet {
  minute = 0;
  size = 0;
  private requests = new Float64Array(SMALLEST);
  /** ms within the minute */
  private moments = new Uint16Array(SMALLEST);
  private marks = new Uint32Array(SMALLEST);
  private groups = new Uint8Array(SMALLEST);

  get capacity(): number {
    return this.requests.length;
  }

  reset(minute: number): void {
    this.minute = minute;
    if (this.size > 0) this.requests.fill(0);
    this.size = 0;
  }

  /** False when it is there already. */
  add(request: number, moment: number, mark: number, group: number): boolean {
    const slot = this.slotOf(request, moment, mark);
    if (this.requests[slot] !== 0) return false;
    this.put(slot, request, moment, mark, group);
    if (++this.size * 5 > this.capacity * 3) this.grow();
    return true;
  }

  /** Where the request is, or would be. */
  private slotOf(request: number, moment: number, mark: number): number {
    const { requests, moments, marks } = this;
    const mask = requests.length - 1;
    // the request is a keyed hash itself: its low bits are as good as any
    let slot = ((request >>> 0) ^ mark) & mask;
    while (requests[slot] !== 0 && (requests[slot] !== request || moments[slot] !== moment || marks[slot] !== mark))
      slot = (slot + 1) & mask;
    return slot;
  }

  private put(slot: number, request: number, moment: number, mark: number, group: number): void {
    this.requests[slot] = request;
    this.moments[slot] = moment;
    this.marks[slot] = mark;
    this.groups[slot] = group;
  }

  private grow(): void {
    const { requests, moments, marks, groups } = this;
    const size = requests.length * 2;
    this.requests = new Float64Array(size);
    this.moments = new Uint16Array(size);
    this.marks = new Uint32Array(size);
    this.groups = new Uint8Array(size);
    for (let i = 0; i < requests.length; i++) {
      if (requests[i] !== 0) this.put(this.slotOf(requests[i], moments[i], marks[i]), requests[i], moments[i], marks[i], groups[i]);
    }
  }

  write(begin: (group: number) => ByteWriter): void {
    const { requests, moments, marks, groups } = this;
    const counts = new Uint32Array(KEY_GROUPS);
    for (let i = 0; i < requests.length; i++) if (requests[i] !== 0) counts[groups[i]]++;
    const writers = Array.from(counts, (count, group) => {
      if (count === 0) return undefined;
      const writer = begin(group);
      writer.uint(this.minute);
      writer.u8(group);
      writer.uint(count);
      return writer;
    });
    for (let i = 0; i < requests.length; i++) {
      if (requests[i] === 0) continue;
      const writer = writers[groups[i]] as ByteWriter;
      writer.f64(requests[i]);
      writer.uint(moments[i]);
      writer.u32(marks[i]);
    }
  }
}
