import type { ByteSource } from './byte-source.ts';

/** An input whose bytes this process takes itself and keeps until a cut lies behind them. */
export interface InletInput {
  tenant: string;
  source: string;
  format: string;
  /** ms; undefined: the format's own */
  lateness?: number;
  /** identity; stays the same over restarts */
  partition: string;
  /** where its bytes lie; for messages */
  path: string;
  /** Reading begins at this position, or at the first byte that is still there; the position it is. Asked before `from` */
  continueAt(position: number): Promise<number>;
  from(position: number): ByteSource;
  /** position behind the last byte that can be read */
  end(): number;
  /** tells when there is more to read */
  onNews(listener: () => void): void;
}
