import type { SourceConfig, TenantConfig } from '../../schemas/config.ts';
import { type EventBatch, FLAG, heapString, TRAITS } from '../core/batch.ts';
import type { Emit } from '../core/stage.ts';
import { defaultLateness } from '../ingest/formats/registry.ts';
import type { NormaliseDeps } from '../ingest/normalise-config.ts';
import { readSample, type SampleRead } from './read-sample.ts';
import { SampleSessions } from './sample-sessions.ts';

/** What detectors may need of events: the names that `Detector.needs` uses, each with how to see it in a row. */
const SEEN: Record<string, (batch: EventBatch, row: number) => boolean> = {
  account: ({ columns }, row) => (columns.flags[row] & FLAG.anonymous) === 0 && columns.account[row] !== 0,
  address: ({ columns }, row) => columns.address[row] !== 0,
  status: ({ columns }, row) => columns.status[row] !== 0,
  object: ({ columns }, row) => columns.object[row] !== 0,
  target: ({ columns }, row) => columns.target[row] !== 0,
  session: ({ columns }, row) => columns.session[row] !== 0,
  path: ({ columns }, row) => columns.path[row] !== 0,
  device: ({ columns }, row) => columns.device[row] !== 0,
  asn: ({ columns }, row) => columns.asn[row] !== 0,
  country: ({ columns }, row) => columns.country[row] !== 0,
  peerCountry: ({ columns }, row) => columns.peerCountry[row] !== 0,
  bytesOut: ({ columns }, row) => columns.bytesOut[row] !== 0,
  bytesIn: ({ columns }, row) => columns.bytesIn[row] !== 0,
  duration: ({ columns }, row) => columns.duration[row] !== 0,
  records: ({ columns }, row) => columns.records[row] !== 0,
  flow: ({ columns }, row) => (columns.flags[row] & FLAG.flow) !== 0,
  internalSource: ({ columns }, row) => (columns.flags[row] & FLAG.internalSource) !== 0,
  sensitive: ({ columns }, row) => (columns.flags[row] & FLAG.sensitive) !== 0,
  login: ({ columns }, row) => (columns.flags[row] & FLAG.login) !== 0,
  register: ({ columns }, row) => (columns.flags[row] & FLAG.register) !== 0,
  send_code: ({ columns }, row) => (columns.flags[row] & FLAG.sendCode) !== 0,
  admin: ({ columns }, row) => (columns.flags[row] & FLAG.admin) !== 0,
  benefit: ({ columns }, row) => (columns.flags[row] & FLAG.benefit) !== 0,
  export: ({ columns }, row) => (columns.flags[row] & FLAG.export) !== 0,
};

/** Traits of addresses (FLAG), as people call them. */
const TRAIT_NAMES = {
  hosting: 'hosting',
  mobile: 'mobile carriers',
  crawler: 'verified crawlers',
  fakeCrawler: 'fake crawlers',
  own: 'own addresses',
  partner: 'partners',
  bastion: 'bastions',
  threat: 'listed threats',
} as const satisfies Partial<Record<keyof typeof FLAG, string>>;

/** What a sample of a log holds. */
export interface Survey extends SampleRead {
  path: string;
  events: number;
  /** first and last event time, ms */
  from: number;
  to: number;
  dead: { reason: string; count: number; line: number; detail: string }[];
  /** name of `SEEN` -> events that have it */
  present: Record<string, number>;
  /** the same of requests alone, where a log has connections too */
  presentInRequests: Record<string, number>;
  /** what is known of the addresses -> events from such ones, those that there are */
  traits: Record<string, number>;
  /** the most used interfaces, the most used first */
  interfaces: { id: string; events: number }[];
  interfaceCount: number;
  accounts: number;
  /** events that their session joins to an account; undefined where the source names no session */
  joined: number | undefined;
}

/** Looks at the beginning of a log. @throws WeirError as `readSample` does */
export async function survey(path: string, source: SourceConfig, tenant: TenantConfig, known: NormaliseDeps): Promise<Survey> {
  const seen = new Sample(source);
  const read = await readSample(
    path,
    source,
    { ...tenant, values: { plain: ['account', 'source'] } },
    known,
    new Uint32Array(4),
    (emits) => {
      seen.take(emits);
      return true;
    },
  );
  return { path, ...read, ...seen.result() };
}

/** Gathers what a survey says from the stage's outcomes. */
export class Sample {
  private events = 0;
  private from = Number.POSITIVE_INFINITY;
  private to = Number.NEGATIVE_INFINITY;
  private readonly present: Record<string, number> = Object.fromEntries(Object.keys(SEEN).map((name) => [name, 0]));
  private readonly traits: Record<string, number> = {};
  private readonly presentInRequests: Record<string, number> = { ...this.present };
  private readonly interfaces = new Map<string, number>();
  private readonly accounts = new Set<string>();
  private readonly dead = new Map<string, { reason: string; count: number; line: number; detail: string }>();

  private readonly sessions: SampleSessions | undefined;

  /** @param source whose sessions are joined; left out: nobody's are */
  constructor(source?: Pick<SourceConfig, 'tenant' | 'session' | 'lateness' | 'format'>) {
    if (source?.session === undefined) return;
    this.sessions = new SampleSessions(source.tenant, source.lateness ?? defaultLateness(source.format ?? 'nginx-json'));
  }

  take(emits: readonly Emit[]): void {
    for (const emit of emits) {
      if (emit.output === 'events') this.batch(emit.value);
      if (emit.output === 'dead') {
        for (const { reason, line, detail } of emit.value) {
          const known = this.dead.get(reason);
          if (known === undefined) this.dead.set(reason, { reason, count: 1, line, detail });
          else known.count++;
        }
      }
    }
  }

  private batch(batch: EventBatch): void {
    this.sessions?.take(batch);
    for (let row = 0; row < batch.n; row++) {
      this.events++;
      const at = batch.columns.at[row];
      if (at < this.from) this.from = at;
      if (at > this.to) this.to = at;
      const isRequest = !SEEN.flow(batch, row);
      for (const name in SEEN)
        if (SEEN[name](batch, row)) {
          this.present[name]++;
          if (isRequest) this.presentInRequests[name]++;
        }
      if ((batch.columns.flags[row] & TRAITS) !== 0) this.noteTraits(batch.columns.flags[row]);
      const id = heapString(batch.heap, batch.columns.interface[row]);
      this.interfaces.set(id, (this.interfaces.get(id) ?? 0) + 1);
      if (SEEN.account(batch, row)) this.accounts.add(heapString(batch.heap, batch.columns.account[row]));
    }
  }

  private noteTraits(flags: number): void {
    for (const [flag, name] of Object.entries(TRAIT_NAMES))
      if ((flags & FLAG[flag as keyof typeof TRAIT_NAMES]) !== 0) this.traits[name] = (this.traits[name] ?? 0) + 1;
  }

  result() {
    const interfaces = [...this.interfaces]
      .map(([id, events]) => ({ id, events }))
      .sort((a, b) => b.events - a.events || (a.id < b.id ? -1 : 1));
    const joined = this.sessions?.joined();
    return {
      events: this.events,
      from: this.from,
      to: this.to,
      dead: [...this.dead.values()].sort((a, b) => b.count - a.count),
      // detectors see whom a session names
      present: { ...this.present, account: this.present.account + (joined ?? 0) },
      presentInRequests: { ...this.presentInRequests, account: this.presentInRequests.account + (joined ?? 0) },
      traits: this.traits,
      interfaces: interfaces.slice(0, 20),
      interfaceCount: interfaces.length,
      accounts: this.accounts.size,
      joined,
    };
  }
}
