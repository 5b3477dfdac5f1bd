/** A map of at most so many keys: the key that was used least recently gives way. So what an attacker invents is bounded. */
export class RecencyMap<V> {
  private readonly entries = new Map<string, V>();
  private readonly limit: number;
  private readonly evicted: (key: string, value: V) => void;

  /** `evicted` is told of each key that gives way. */
  constructor(limit: number, evicted: (key: string, value: V) => void = () => {}) {
    this.limit = limit;
    this.evicted = evicted;
  }

  get size(): number {
    return this.entries.size;
  }

  /** The value of a key, made when there is none; the key is now the one that was used last. */
  touch(key: string, make: () => V): V {
    let value = this.entries.get(key);
    if (value === undefined) {
      if (this.entries.size >= this.limit) this.evictOldest();
      value = make();
    } else this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  /** Key and value, the least recently used first. */
  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries[Symbol.iterator]();
  }

  clear(): void {
    this.entries.clear();
  }

  private evictOldest(): void {
    for (const [key, value] of this.entries) {
      this.entries.delete(key);
      this.evicted(key, value);
      return;
    }
  }
}
