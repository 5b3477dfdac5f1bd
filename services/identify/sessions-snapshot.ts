import { BatchBuilder } from '../core/batch.ts';
import { readBatch, writeBatch } from '../core/batch-codec.ts';
import type { ByteReader, ByteWriter } from '../core/codec.ts';
import { keyGroup } from '../core/key-groups.ts';
import { roomFor } from '../core/slab.ts';
import { NOBODY } from './session-rules.ts';
import type { TenantSessions } from './tenant-sessions.ts';

/** Kinds of entries in a key group's state. */
const ENTRY = { session: 1, login: 2, waiting: 3 } as const;

/** Writes all that a task holds of a tenant, each entry to the writer of its session's group. */
export function writeSessions(state: TenantSessions, writerOf: (group: number) => ByteWriter): void {
  const { sessions } = state;
  const begin = (kind: number, session: number): ByteWriter => {
    const key = sessions.keyBytes(session);
    const writer = writerOf(keyGroup(key, 0, key.length));
    writer.u8(kind);
    writer.string(state.tenant);
    writer.block(key);
    return writer;
  };
  for (const session of sessions.ids()) {
    if (state.account[session] === NOBODY) continue;
    const writer = begin(ENTRY.session, session);
    writer.uint(state.seen[session]);
    writeAccount(state, state.account[session], writer);
  }
  for (const minute of [...state.logins.keys()].sort((a, b) => a - b)) {
    for (const { session, at, content, account } of state.logins.get(minute)?.entries() ?? []) {
      const writer = begin(ENTRY.login, session);
      writer.uint(at);
      writer.u32(content);
      writeAccount(state, account, writer);
    }
  }
  writeWaiting(state, writerOf);
}

function writeAccount({ accounts }: TenantSessions, account: number, writer: ByteWriter): void {
  if (account === NOBODY) {
    writer.block(NO_NAME);
    return;
  }
  writer.block(accounts.bytesOf(account));
  writer.uint(accounts.roles(account));
}

const NO_NAME = new Uint8Array(0);

/** Events that wait: of each key group and input one batch, in order of time by minutes. */
function writeWaiting(state: TenantSessions, writerOf: (group: number) => ByteWriter): void {
  const builders = new Map<string, { group: number; builder: BatchBuilder }>();
  for (const minute of [...state.minutes.keys()].sort((a, b) => a - b)) {
    for (const { batch, rows, n } of state.minuteOf(minute).waiting()) {
      const byGroup = new Map<number, { rows: Uint32Array; n: number }>();
      const { columns, heap } = batch;
      for (let i = 0; i < n; i++) {
        const reference = columns.session[rows[i]];
        const group = keyGroup(heap.bytes, heap.ends[reference - 1], heap.ends[reference]);
        const of = byGroup.get(group) ?? { rows: new Uint32Array(16), n: 0 };
        byGroup.set(group, of);
        of.rows = roomFor(of.rows, of.n + 1);
        of.rows[of.n++] = rows[i];
      }
      for (const [group, of] of byGroup) {
        const key = `${group}\t${batch.source}\t${batch.partition}`;
        const entry = builders.get(key) ?? { group, builder: new BatchBuilder(batch.tenant, batch.source, batch.partition, of.n) };
        builders.set(key, entry);
        entry.builder.addRows(batch, of.rows, of.n);
      }
    }
  }
  for (const { group, builder } of builders.values()) {
    const writer = writerOf(group);
    writer.u8(ENTRY.waiting);
    writer.string(state.tenant);
    writeBatch(writer, builder.build());
  }
}

/** Reads one entry. */
export function readSessions(reader: ByteReader, stateOf: (tenant: string) => TenantSessions): void {
  const kind = reader.u8();
  const state = stateOf(reader.string());
  if (kind === ENTRY.waiting) {
    state.restoreWaiting(readBatch(reader));
    return;
  }
  const key = reader.block();
  const session = state.sessionOf(key, 0, key.length);
  if (kind === ENTRY.session) {
    const seen = reader.uint();
    state.belongsTo(session, readAccount(state, reader), seen);
    return;
  }
  const at = reader.uint();
  const content = reader.u32();
  state.addLogin(session, at, content, readAccount(state, reader));
}

function readAccount({ accounts }: TenantSessions, reader: ByteReader): number {
  const name = reader.block();
  return name.length === 0 ? NOBODY : accounts.use(name, 0, name.length, reader.uint());
}
