interface Waiter {
  /** how many items have to be acknowledged */
  upTo: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Rows on their way into one table: collected, written one batch at a time in the order given. While a batch is being
 * written the next one grows, so that a slow or absent store gets few large batches afterwards. `add` never waits; who
 * adds looks at `pending`. After a failed write nothing more is taken: the error comes out of every later call.
 */
export class BatchQueue<T> {
  /** bytes given and not yet acknowledged */
  pending = 0;
  private readonly write: (items: T[]) => Promise<void>;
  private readonly limit: number;
  private readonly lingerMs: number;
  private items: T[] = [];
  private sizes: number[] = [];
  private collected = 0;
  private due = false;
  private writing = false;
  private added = 0;
  private done = 0;
  private waiters: Waiter[] = [];
  private failure: { error: unknown } | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param limit bytes of a batch, after which it is written at once. @param lingerMs after this a smaller one is written too, so that readers see it. */
  constructor(write: (items: T[]) => Promise<void>, limit: number, lingerMs: number) {
    this.write = write;
    this.limit = limit;
    this.lingerMs = lingerMs;
  }

  add(item: T, bytes: number): void {
    if (this.failure !== undefined) throw this.failure.error;
    this.items.push(item);
    this.sizes.push(bytes);
    this.collected += bytes;
    this.pending += bytes;
    this.added++;
    if (this.collected >= this.limit) this.pump();
    else if (this.timer === undefined && !this.due) {
      this.timer = setTimeout(() => this.hurry(), this.lingerMs);
      this.timer.unref();
    }
  }

  /** Resolves when everything added before is acknowledged. */
  async flush(): Promise<void> {
    if (this.failure !== undefined) throw this.failure.error;
    if (this.done === this.added) return;
    const acknowledged = new Promise<void>((resolve, reject) => this.waiters.push({ upTo: this.added, resolve, reject }));
    this.hurry();
    await acknowledged;
  }

  private hurry(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.items.length === 0) return;
    this.due = true;
    this.pump();
  }

  private pump(): void {
    if (this.writing || this.failure !== undefined || this.items.length === 0) return;
    if (this.collected < this.limit && !this.due) return;
    let count = 0;
    let bytes = 0;
    while (count < this.items.length && bytes < this.limit) bytes += this.sizes[count++];
    const batch = this.items.splice(0, count);
    this.sizes.splice(0, count);
    this.collected -= bytes;
    if (this.items.length === 0) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.due = false;
    }
    this.writing = true;
    this.write(batch).then(
      () => {
        this.writing = false;
        this.pending -= bytes;
        this.done += count;
        while (this.waiters.length > 0 && this.waiters[0].upTo <= this.done) this.waiters.shift()?.resolve();
        this.pump();
      },
      (error: unknown) => {
        this.writing = false;
        this.failure = { error };
        for (const { reject } of this.waiters.splice(0)) reject(error);
      },
    );
  }
}
