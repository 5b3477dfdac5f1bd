import { FLAG } from '../../core/batch.ts';
import { sipHash } from '../../core/hash.ts';
import { keyGroup, partitionOf } from '../../core/key-groups.ts';
import { FactPool } from '../pools/fact-pool.ts';
import { putHex } from '../pools/hashed-pool.ts';
import { ByteInterner, FACTS_AT } from '../pools/interner.ts';
import type { Workspace } from '../records/workspace.ts';

const decoder = new TextDecoder();
const MAX_ACCOUNTS = 1 << 17;
/** A longer name is stored as its hash. */
const MAX_PLAIN = 200;

export interface AccountBookConfig {
  roles: { admin: readonly string[]; service: readonly string[] };
  /** accounts are stored readable */
  plain: boolean;
  key: Uint32Array;
  partitions: number;
  seed: number;
}

/** Accounts and what is known of each: role flags and partition, worked out once an account. */
export class AccountBook {
  readonly pool: FactPool;
  private readonly config: AccountBookConfig;
  private readonly roles: { flag: number; pattern: RegExp }[];
  /** names that are stored hashed, and secrets; the fact is the account's id */
  private readonly names: ByteInterner;
  private readonly secrets: ByteInterner;
  private readonly words = new Uint32Array(2);

  constructor(config: AccountBookConfig) {
    this.config = config;
    this.pool = new FactPool(MAX_ACCOUNTS, config.seed, config.partitions, 2);
    this.names = new ByteInterner(MAX_ACCOUNTS, config.seed, undefined, 1);
    this.secrets = new ByteInterner(MAX_ACCOUNTS, config.seed, undefined, 1);
    this.roles = [
      ...config.roles.admin.map((text) => ({ flag: FLAG.admin, pattern: globPattern(text) })),
      ...config.roles.service.map((text) => ({ flag: FLAG.service, pattern: globPattern(text) })),
    ];
  }

  /** Role flags of an account. */
  flags(id: number): number {
    return this.pool.fact(id, 0);
  }

  partition(id: number): number {
    return this.pool.fact(id, 1);
  }

  /** Forgets everything when full. Call between records. */
  makeRoom(): void {
    if (!this.pool.ids.full && !this.secrets.full && !this.names.full) return;
    this.pool.reset();
    this.names.reset();
    this.secrets.reset();
  }

  /**
   * Id of the account named by a span; a `secret` (an API key) is stored hashed, as `key-` and 16 digits, and `hashed` ones as
   * the digits alone.
   */
  find(workspace: Workspace, start: number, end: number, secret: boolean, hashed = false): number {
    if (!secret && !hashed && this.config.plain && end - start <= MAX_PLAIN) {
      const id = this.pool.ids.intern(workspace.view, start, end);
      if (this.pool.ids.lastIsNew) this.enter(id, decoder.decode(workspace.bytes.subarray(start, end)));
      return id;
    }
    if (end - start > 1024) end = start + 1024;
    const known = secret ? this.secrets : this.names;
    const raw = known.intern(workspace.view, start, end);
    const at = raw * known.stride + FACTS_AT;
    if (known.lastIsNew) known.entries[at] = this.enterHashed(workspace.bytes.slice(start, end), secret);
    return known.entries[at];
  }

  private enterHashed(value: Uint8Array, secret: boolean): number {
    sipHash(this.config.key, value, 0, value.length, this.words);
    const hex = new Uint8Array(16);
    putHex(this.words, hex, 0);
    const digits = decoder.decode(hex);
    const id = this.pool.internText(secret ? `key-${digits}` : digits);
    this.enter(id, secret ? '' : decoder.decode(value));
    return id;
  }

  /** `name` is the readable one: roles are given in it also where accounts are stored hashed. */
  private enter(id: number, name: string): void {
    const bytes = this.pool.bytesOf(id);
    const shown = decoder.decode(bytes);
    let flags = 0;
    for (const { flag, pattern } of this.roles) if (pattern.test(name) || pattern.test(shown)) flags |= flag;
    const { entries } = this.pool.ids;
    const at = this.pool.factsAt(id);
    entries[at] = flags;
    entries[at + 1] = partitionOf(keyGroup(bytes, 0, bytes.length), this.config.partitions);
  }
}

/** `ops-*` as a pattern: `*` stands for any text, all else for itself. */
export function globPattern(text: string): RegExp {
  return new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );
}
