import type { BatchBuilder } from '../core/batch.ts';
import { KeyTable } from '../core/key-table.ts';
import { roomFor } from '../core/slab.ts';

/** The accounts that sessions and logins of a tenant name, each kept as long as something names it. */
export class AccountNames {
  private readonly names = new KeyTable();
  /** role flags by account: they belong to its name */
  private roleFlags = new Uint32Array(128);
  private uses = new Uint32Array(128);

  /** Id of a name, with one use counted. */
  use(bytes: Uint8Array, start: number, end: number, roles: number): number {
    const id = this.names.intern(bytes, start, end);
    this.uses = roomFor(this.uses, id + 1);
    this.roleFlags = roomFor(this.roleFlags, id + 1);
    if (this.uses[id] === 0) this.roleFlags[id] = roles;
    this.uses[id]++;
    return id;
  }

  useAgain(id: number): void {
    this.uses[id]++;
  }

  drop(id: number): void {
    if (--this.uses[id] === 0) this.names.remove(id);
  }

  roles(id: number): number {
    return this.roleFlags[id];
  }

  /** A view that holds until the next change. */
  bytesOf(id: number): Uint8Array {
    return this.names.keyBytes(id);
  }

  get count(): number {
    return this.names.count;
  }

  /** By the names' bytes: for an order that does not depend on when a name was first seen. */
  compare(a: number, b: number): number {
    return a === b ? 0 : Buffer.compare(this.bytesOf(a), this.bytesOf(b));
  }

  addTo(builder: BatchBuilder, id: number): number {
    const bytes = this.bytesOf(id);
    return builder.addString(bytes, 0, bytes.length);
  }
}
