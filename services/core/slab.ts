type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** A typed array long enough for `length` items: `array` itself, or a copy of at least twice its size with `fill` behind. */
export function roomFor<T extends Numbers>(array: T, length: number, fill = 0): T {
  if (length <= array.length) return array;
  const wider = new (array.constructor as new (size: number) => T)(Math.max(length, array.length * 2));
  wider.set(array as never);
  if (fill !== 0) wider.fill(fill as never, array.length);
  return wider;
}

/** Hands out slots 0, 1, 2, … and takes them back; the lowest free slot is not promised. */
export class SlotPool {
  /** slots 0..size-1 have been handed out at some time: the length that state arrays need */
  size = 0;
  private readonly free: number[] = [];

  take(): number {
    return this.free.pop() ?? this.size++;
  }

  give(slot: number): void {
    this.free.push(slot);
  }
}
