/** Callers of an interface's hour that are told apart. */
export const CALLER_SAMPLE = 32;
/** Data of one type and form, of an interface's hour, that are told apart. */
export const DATA_SAMPLE = 16;
/** Stands for the interfaces that a task had no room for. */
export const MISSING_INTERFACES = '{missing}';
/** Bits of `InventoryFact.classes`. */
export const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx'] as const;

/**
 * What a normalise task saw of one interface in one hour of event time, from requests that were answered (status below 400,
 * or none). Facts of one interface and hour are joined: bits by OR, samples by union; so nobody has to count how often one was said.
 */
export interface InventoryFact {
  /** interface id, or `{missing}` for what a task had no room for: then `callers` is a sample of those interfaces */
  interface: string;
  /** start of the hour, UTC, ms */
  hour: number;
  /** bit i: an account was named by IDENTITY_ORIGINS[i]; bit 0: nobody was named */
  origins: number;
  /** bit 0: answered without a status; bits 1 to 3: 1xx, 2xx, 3xx */
  classes: number;
  /** keyed 32-bit hashes of callers, the smallest few, ascending */
  callers: number[];
  sensitive: SensitiveFact[];
}

/** Sensitive data of one type and form in what an interface was asked with. Values themselves are never kept. */
export interface SensitiveFact {
  /** name of the type, as in services/ingest/sensitive */
  type: string;
  masked: boolean;
  /** how it was masked; empty where it was not */
  shape: string;
  /** keyed 32-bit hashes of the distinct data, the smallest few, ascending */
  hashes: number[];
}

const HASHES = 2 ** 32;

/** How many distinct hashes there were, of a sample of the `size` smallest. Exact while the sample is not full; then off by about 1/√size. */
export function distinctOf(sample: readonly number[], size: number): number {
  if (sample.length < size) return sample.length;
  return Math.round(((size - 1) * HASHES) / (sample[size - 1] + 1));
}
