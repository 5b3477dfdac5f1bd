/**
 * Rows on their way into one table: collected, written one batch at a time in the order given. `add` never waits; who
 * adds looks at `pending`. After a failed write nothing more is taken: the error comes out of every later call.
 */
export class BatchQueue<T> {
  /** bytes given and not yet acknowledged */
  pending = 0;
  private readonly write: (items: T[]) => Promise<void>;
  private readonly limit: number;
  private readonly lingerMs: number;
  private items: T[] = [];
  private collected = 0;
  private chain: Promise<void> = Promise.resolve();
  private failure: { error: unknown } | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param limit bytes after which a batch is written at once. @param lingerMs after this a smaller one is written too, so that readers see it. */
  constructor(write: (items: T[]) => Promise<void>, limit: number, lingerMs: number) {
    this.write = write;
    this.limit = limit;
    this.lingerMs = lingerMs;
  }

  add(item: T, bytes: number): void {
    if (this.failure !== undefined) throw this.failure.error;
    this.items.push(item);
    this.collected += bytes;
    this.pending += bytes;
    if (this.collected >= this.limit) this.send();
    else if (this.timer === undefined) {
      this.timer = setTimeout(() => this.send(), this.lingerMs);
      this.timer.unref();
    }
  }

  /** Resolves when everything added before is acknowledged. */
  async flush(): Promise<void> {
    this.send();
    await this.chain;
    if (this.failure !== undefined) throw this.failure.error;
  }

  private send(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.items.length === 0) return;
    const items = this.items;
    const bytes = this.collected;
    this.items = [];
    this.collected = 0;
    this.chain = this.chain.then(async () => {
      if (this.failure !== undefined) return;
      try {
        await this.write(items);
        this.pending -= bytes;
      } catch (error) {
        this.failure = { error };
      }
    });
  }
}
