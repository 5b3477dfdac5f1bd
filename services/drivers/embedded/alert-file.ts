import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AlertRecord } from '../../../schemas/alert.ts';
import { WeirError } from '../../core/errors.ts';
import type { Sink } from '../../core/sink.ts';

/** Nothing but alerts concerns these sinks. */
const ALERTS_ONLY = {
  incidents: () => undefined,
  windows: () => undefined,
  late: () => undefined,
  dead: () => undefined,
  ledger: () => undefined,
  retract: () => undefined,
} as const;

/** A file of alert records, one JSON a line, in the order in which they fired. A run that goes on cuts it back to its cut first. */
export class AlertFile implements Sink {
  readonly path: string;
  private readonly descriptor: number;
  /** bytes written so far; what is written next goes behind them */
  length: number;
  readonly incidents = ALERTS_ONLY.incidents;
  readonly windows = ALERTS_ONLY.windows;
  readonly late = ALERTS_ONLY.late;
  readonly dead = ALERTS_ONLY.dead;
  readonly ledger = ALERTS_ONLY.ledger;
  readonly retract = ALERTS_ONLY.retract;

  /** Opens or creates the file. Throws `disk`. */
  constructor(path: string) {
    this.path = resolve(path);
    this.descriptor = this.guard(() => openSync(this.path, existsSync(this.path) ? 'r+' : 'w'));
    this.length = this.guard(() => fstatSync(this.descriptor).size);
  }

  /** Cuts the file back to a recorded length; a file that is shorter by now stays as it is. Without it records go behind what is there. */
  cutBack(length: number): void {
    this.guard(() => {
      this.length = Math.min(length, fstatSync(this.descriptor).size);
      ftruncateSync(this.descriptor, this.length);
    });
  }

  alerts(records: AlertRecord[]): void {
    const text = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    this.guard(() => {
      for (let done = 0; done < text.length; ) {
        const written = writeSync(this.descriptor, text, done, text.length - done, this.length);
        done += written;
        this.length += written;
      }
    });
  }

  pending(): number {
    return 0;
  }

  async flush(): Promise<void> {
    this.guard(() => fsyncSync(this.descriptor));
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private guard<T>(body: () => T): T {
    try {
      return body();
    } catch (cause) {
      throw new WeirError('disk', `cannot write ${this.path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}

/** Alert records on standard output. At least once: what a crash interrupted is printed again by the next run. */
export class AlertStream implements Sink {
  private readonly stream: NodeJS.WritableStream & { writableLength?: number };
  readonly incidents = ALERTS_ONLY.incidents;
  readonly windows = ALERTS_ONLY.windows;
  readonly late = ALERTS_ONLY.late;
  readonly dead = ALERTS_ONLY.dead;
  readonly ledger = ALERTS_ONLY.ledger;
  readonly retract = ALERTS_ONLY.retract;

  constructor(stream: NodeJS.WritableStream) {
    this.stream = stream;
  }

  alerts(records: AlertRecord[]): void {
    this.stream.write(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  pending(): number {
    return this.stream.writableLength ?? 0;
  }

  flush(): Promise<void> {
    return new Promise((done) => this.stream.write('', () => done()));
  }
}
