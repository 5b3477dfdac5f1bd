import { createHash } from 'node:crypto';
import type { InputPosition } from '../../state/manifest.ts';

/** A file is recognised by so many of its first uncompressed bytes, or by all that it had at first sight. */
export const HEAD_BYTES = 4096;

/** Identity of an input: a hash of its tenant and its first bytes (what lies beyond HEAD_BYTES does not count). 16 hex digits. */
export function identityOf(tenant: string, head: Uint8Array): string {
  return createHash('sha256').update(tenant).update('\0').update(head.subarray(0, HEAD_BYTES)).digest('hex').slice(0, 16);
}

/** The known input of which these are the first bytes, under whatever name it goes now; the longest head decides. */
export function recognise<Known extends Pick<InputPosition, 'tenant' | 'partition' | 'head'>>(
  tenant: string,
  head: Uint8Array,
  known: readonly Known[],
): Known | undefined {
  const candidates = known
    .filter((one) => one.tenant === tenant && one.head > 0 && one.head <= head.length)
    .sort((a, b) => b.head - a.head);
  return candidates.find((one) => identityOf(tenant, head.subarray(0, one.head)) === baseOf(one.partition));
}

/** All known inputs that begin with these bytes: the longest head first, then the one that was read furthest. */
export function alike<Known extends Pick<InputPosition, 'tenant' | 'partition' | 'head' | 'offset'>>(
  tenant: string,
  head: Uint8Array,
  known: readonly Known[],
): Known[] {
  return known
    .filter(
      (one) =>
        one.tenant === tenant &&
        one.head > 0 &&
        one.head <= head.length &&
        identityOf(tenant, head.subarray(0, one.head)) === baseOf(one.partition),
    )
    .sort((a, b) => b.head - a.head || b.offset - a.offset);
}

/** Identity of an input that is not known: its hash, told apart from other inputs that began with the same bytes when they were first seen. */
export function newIdentity(tenant: string, head: Uint8Array, taken: ReadonlySet<string>): string {
  const base = identityOf(tenant, head);
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
  return name;
}

/** What `behind` of a position says of these bytes. */
export function behindOf(bytes: Uint8Array): InputPosition['behind'] {
  if (bytes.length === 0) return undefined;
  return { bytes: bytes.length, hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16) };
}

function baseOf(partition: string): string {
  return partition.replace(/-\d+$/, '');
}
