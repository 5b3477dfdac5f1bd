import type { EventBatch } from '../../services/core/batch.ts';
import { BatchBuilder, FLAG } from '../../services/core/batch.ts';
import { hashString } from '../../services/core/hash.ts';

/** A small seeded generator (mulberry32): the same numbers on every machine. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** An event as a test writes it. */
export interface PlainEvent {
  at: number;
  account: string;
  interface: string;
  address: string;
  status: number;
  flags: number;
  object: number;
  objectNumber: number;
  target: string;
  device: number;
  bytesOut: number;
  duration: number;
  /** two letters packed; left out: the same for all */
  country?: number;
  id: number;
}

/** A day or more of made-up traffic in order of time. */
export function randomEvents(seed: number, options: { start: number; hours: number; accounts: number; events: number }): PlainEvent[] {
  const next = random(seed);
  const events: PlainEvent[] = [];
  for (let id = 0; id < options.events; id++) {
    const at = options.start + Math.floor((id / options.events) * options.hours * 3_600_000);
    const who = Math.floor(next() ** 2 * options.accounts);
    const anonymous = next() < 0.1;
    const address = `10.${who % 7}.${who % 250}.${Math.floor(next() * 3)}`;
    const kind = Math.floor(next() * 12);
    const login = kind === 0;
    const failed = next() < (login ? 0.2 : 0.03);
    events.push({
      at,
      account: anonymous ? address : `user-${who}`,
      interface: login ? 'POST shop/login' : kind === 1 ? 'POST shop/sms' : `GET shop/api/${kind}/{id}`,
      address,
      status: failed ? (login ? 401 : 404) : next() < 0.01 ? 500 : 200,
      flags:
        (anonymous ? FLAG.anonymous : 0) |
        (login ? FLAG.login : 0) |
        (kind === 1 ? FLAG.sendCode : 0) |
        (login && failed ? FLAG.failure : 0),
      object: kind > 1 ? 1 + ((Math.floor(next() * 5000) * 2654435761) % 0xffffffff) : 0,
      objectNumber: kind > 1 ? Math.floor(next() * 5000) : -1,
      target: kind <= 1 ? `t${Math.floor(next() * 40)}` : '',
      device: 1 + (who % 5),
      bytesOut: Math.floor(next() * 5000),
      duration: Math.floor(next() * 1500),
      id,
    });
  }
  return events;
}

/** Batches of a tenant's events, in the order given. */
export function batchOf(events: readonly PlainEvent[], tenant = 'shop', partition = 'p0'): EventBatch {
  const builder = new BatchBuilder(tenant, 'gateway', partition, Math.max(1, events.length));
  const references = new Map<string, number>();
  const encoder = new TextEncoder();
  const ref = (text: string): number => {
    if (text === '') return 0;
    let reference = references.get(text);
    if (reference === undefined) {
      const bytes = encoder.encode(text);
      reference = builder.addString(bytes, 0, bytes.length);
      references.set(text, reference);
    }
    return reference;
  };
  for (const event of events) {
    const row = builder.addRow();
    const c = builder.columns;
    c.at[row] = event.at;
    c.duration[row] = event.duration;
    c.status[row] = event.status;
    c.bytesOut[row] = event.bytesOut;
    c.flags[row] = event.flags;
    c.origin[row] = event.flags & FLAG.anonymous ? 0 : 1;
    c.account[row] = ref(event.account);
    c.interface[row] = ref(event.interface);
    c.address[row] = ref(event.address);
    c.target[row] = ref(event.target);
    c.object[row] = event.object;
    c.objectNumber[row] = event.objectNumber;
    c.path[row] = hashString(`${event.interface}${event.object}`);
    c.prefix[row] = hashString(event.address.slice(0, event.address.lastIndexOf('.')));
    c.asn[row] = 100 + (hashString(event.address) % 5);
    c.country[row] = event.country ?? (67 << 8) | 78;
    c.device[row] = event.device;
    c.offset[row] = event.id * 100;
    c.content[row] = hashString(`event ${event.id}`);
  }
  return builder.build();
}
