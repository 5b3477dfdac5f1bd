import type { IdentityOrigin } from '../../services/core/batch.ts';
import { BatchBuilder, type EventBatch, FLAG, heapString, IDENTITY_ORIGINS } from '../../services/core/batch.ts';
import { hashString } from '../../services/core/hash.ts';
import { MINUTE } from '../../services/core/watermark.ts';

/** An event of a session as a test writes it. */
export interface SessionEvent {
  at: number;
  /** '' for none */
  session: string;
  /** who the event itself names; '' for nobody */
  account: string;
  origin?: IdentityOrigin;
  flags?: number;
  status?: number;
  interface?: string;
  /** number of the event: where it is in its input */
  id: number;
  source?: string;
}

const encoder = new TextEncoder();
const HOME = '192.0.2.7';

/** A batch of one source's events, in the order given. */
export function sessionBatch(events: readonly SessionEvent[], tenant = 'shop'): EventBatch {
  const source = events[0]?.source ?? 'gateway';
  const builder = new BatchBuilder(tenant, source, `${source}-0`, Math.max(1, events.length));
  const references = new Map<string, number>();
  const ref = (text: string): number => {
    if (text === '') return 0;
    const known = references.get(text);
    if (known !== undefined) return known;
    const bytes = encoder.encode(text);
    const reference = builder.addString(bytes, 0, bytes.length);
    references.set(text, reference);
    return reference;
  };
  const c = builder.columns;
  for (const event of events) {
    const row = builder.addRow();
    const { origin = event.account === '' ? 'address' : 'jwt' } = event;
    c.at[row] = event.at;
    c.status[row] = event.status ?? 200;
    c.flags[row] = (event.flags ?? 0) | (event.account === '' ? FLAG.anonymous : 0);
    c.origin[row] = IDENTITY_ORIGINS.indexOf(origin);
    c.account[row] = ref(event.account === '' ? HOME : event.account);
    c.address[row] = ref(HOME);
    c.interface[row] = ref(event.interface ?? 'GET shop.example/items/{id}');
    c.session[row] = ref(event.session);
    c.offset[row] = event.id * 100;
    c.content[row] = hashString(`event ${event.id % 7}`);
    c.bytesOut[row] = event.id;
  }
  return builder.build();
}

/** What became of each event, by its number: the account, `-` where nobody was named. */
export function namedIn(batches: readonly EventBatch[]): Map<number, string> {
  const named = new Map<number, string>();
  for (const { n, columns, heap } of batches) {
    for (let row = 0; row < n; row++) {
      const id = columns.offset[row] / 100;
      if (named.has(id)) throw new Error(`event ${id} came twice`);
      const anonymous = (columns.flags[row] & FLAG.anonymous) !== 0;
      const origin = IDENTITY_ORIGINS[columns.origin[row]];
      if (anonymous !== (origin === 'address')) throw new Error(`event ${id} has origin ${origin}`);
      const account = heapString(heap, columns.account[row]);
      named.set(id, anonymous ? (account === HOME ? '-' : `? ${account}`) : origin === 'session' ? `${account} by session` : account);
    }
  }
  return named;
}

interface Sign {
  at: number;
  /** '' for a logout */
  account: string;
  content: number;
}

const DAY_OF_MINUTES = 24 * 60;

/**
 * By definition: what is to become of each event, from all of them at once. Only of events that say plainly who they are;
 * the finer cases of a login are left to the rules' own tests.
 */
export function namedByDefinition(events: readonly SessionEvent[], wait: number): Map<number, string> {
  const named = new Map<number, string>();
  const sessions = new Map<string, SessionEvent[]>();
  for (const event of events) {
    const others = sessions.get(event.session);
    if (others === undefined) sessions.set(event.session, [event]);
    else others.push(event);
  }
  for (const [session, others] of sessions) {
    const signs = others.flatMap(signsOf).sort(inOrder);
    const seen = [...others.filter(({ account }) => account === '').map(({ at }) => at), ...signs.map(({ at }) => at)];
    for (const { id, at, account } of others) {
      if (account !== '') named.set(id, account);
      else if (session === '') named.set(id, '-');
      else {
        const latest = signs.filter((sign) => sign.at <= at).at(-1);
        const next = signs.find((sign) => sign.at > at);
        if (latest !== undefined && latest.account !== '' && !forgotten(seen, latest.at, at)) named.set(id, `${latest.account} by session`);
        else if (next !== undefined && next.account !== '' && next.at - at <= wait) named.set(id, `${next.account} by session`);
        else named.set(id, '-');
      }
    }
  }
  return named;
}

function signsOf({ at, account, id, status = 200, interface: name = '' }: SessionEvent): Sign[] {
  if (status >= 400) return [];
  const content = hashString(`event ${id % 7}`);
  const signs: Sign[] = account === '' ? [] : [{ at, account, content }];
  if (/logout$/.test(name)) signs.push({ at: at + 1, account: '', content });
  return signs;
}

function inOrder(a: Sign, b: Sign): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.account === '' || b.account === '') return a.account === b.account ? 0 : a.account === '' ? -1 : 1;
  return a.content - b.content || (a.account < b.account ? -1 : a.account > b.account ? 1 : 0);
}

/** Between the two times a session was quiet for more than a day of whole minutes. */
function forgotten(seen: readonly number[], from: number, to: number): boolean {
  const minutes = seen
    .filter((at) => at >= from && at <= to)
    .map((at) => Math.floor(at / MINUTE))
    .sort((a, b) => a - b);
  return minutes.some((minute, i) => i > 0 && minute - minutes[i - 1] > DAY_OF_MINUTES);
}
