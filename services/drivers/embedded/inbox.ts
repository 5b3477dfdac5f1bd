import type { ControlRecord } from '../../core/control.ts';

/** What another process asks of a run that is on. */
export type RunRequest =
  /** something of which a stage has to hear: taken at a position that is written down first */
  | { kind: 'feedback'; record: Extract<ControlRecord, { kind: 'feedback' }> }
  /**
   * something that the tasks are made from changes: the run is cut, `act` writes the change down, and the run begins again
   * at that cut with what `topologyConfig` then says. When `act` throws, the run goes on as it was
   */
  | { kind: 'change'; act(): void | Promise<void> };

interface Waiting {
  request: RunRequest;
  done(): void;
  failed(error: unknown): void;
}

/** Requests on their way to whichever run is on; they wait for its next pause between two chunks, or for the end of the last run. */
export class RunInbox {
  private readonly waiting: Waiting[] = [];
  private closed: ((request: RunRequest) => Promise<void>) | undefined;

  /** Resolves when the request was carried out, and what it changes is durable. */
  async ask(request: RunRequest): Promise<void> {
    if (this.closed !== undefined) return this.closed(request);
    return new Promise((resolve, reject) => this.waiting.push({ request, done: resolve, failed: reject }));
  }

  /** For runs: the next request is carried out by `body`; what it throws goes to the asker. False when none waits. */
  async answer(body: (request: RunRequest) => Promise<void>): Promise<boolean> {
    const next = this.waiting.shift();
    if (next === undefined) return false;
    try {
      await body(next.request);
      next.done();
    } catch (error) {
      next.failed(error);
    }
    return true;
  }

  /** What waits next. */
  get next(): RunRequest | undefined {
    return this.waiting[0]?.request;
  }

  /** No run is on any more: what waits and what still comes is carried out by `body`. */
  async close(body: (request: RunRequest) => Promise<void>): Promise<void> {
    this.closed = body;
    while (await this.answer(body));
  }

  /** The runs have failed: nothing is carried out. */
  fail(error: unknown): void {
    this.closed = () => Promise.reject(error);
    for (const { failed } of this.waiting.splice(0)) failed(error);
  }
}
