import type { Params } from './connection.ts';

export interface ReadOptions {
  /** a ClickHouse output format; JSONEachRow by default */
  format?: string;
  /** values of `{name:Type}` places in the SQL */
  params?: Params;
}

/** Reads the store. Nothing can be changed through it. Implemented by the store itself and by the way to another process's store. */
export interface Reader {
  /** the result in the wished format */
  query(sql: string, options?: ReadOptions): Promise<Uint8Array>;
  /** the result as objects */
  rows<T>(sql: string, params?: Params): Promise<T[]>;
  close(): Promise<void>;
}

/** Lines of JSONEachRow. */
export function parseRows<T>(bytes: Uint8Array): T[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
