import type { SourceConfig, TenantConfig } from '../../schemas/config.ts';
import { type EventBatch, FLAG, heapString } from '../core/batch.ts';
import { WeirError } from '../core/errors.ts';
import { openInput } from '../drivers/embedded/byte-source.ts';
import type { AddressData } from '../ingest/addresses.ts';
import { detectFormat, SAMPLE_BYTES as HEAD_BYTES } from '../ingest/detect.ts';
import { LineFramer } from '../ingest/framing.ts';
import { createNormaliseStage, type GuessReport } from '../ingest/normalise.ts';
import type { FormatName } from '../ingest/normalise-config.ts';

/** Uncompressed bytes of a log that are looked at: enough for thousands of records, quick for any log. */
const SAMPLE_BYTES = 16 << 20;
const CHUNK_BYTES = 256 << 10;

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
  benefit: ({ columns }, row) => (columns.flags[row] & FLAG.benefit) !== 0,
  export: ({ columns }, row) => (columns.flags[row] & FLAG.export) !== 0,
};

/** What a sample of a log holds. */
export interface Survey {
  path: string;
  format: FormatName;
  /** why this format: how well it reads the log, or `named` */
  reason: string;
  events: number;
  /** the log goes on behind the sample */
  more: boolean;
  /** first and last event time, ms */
  from: number;
  to: number;
  dead: { reason: string; count: number; line: number; detail: string }[];
  guess: GuessReport;
  /** name of `SEEN` -> events that have it */
  present: Record<string, number>;
  /** the most used interfaces, the most used first */
  interfaces: { id: string; events: number }[];
  interfaceCount: number;
  accounts: number;
}

/**
 * Reads the beginning of a log through the normalise stage itself, so that what is said here is what a run would see.
 * @throws WeirError for a file that is missing, unreadable, or fits no format
 */
export async function survey(path: string, source: SourceConfig, tenant: TenantConfig, addresses: AddressData): Promise<Survey> {
  const input = await openInput(path, HEAD_BYTES);
  const detected = source.format === undefined ? detectFormat(input.head) : { format: source.format, reason: 'named' };
  const { format, reason } = detected;
  if (format === undefined) throw new WeirError('input_format', `${path}: ${reason}; name the format with --format`);
  const stage = createNormaliseStage(
    {
      tenant: source.tenant,
      source: source.name,
      format,
      partitions: 1,
      upstreams: 1,
      lateness: source.lateness,
      trustedProxies: source.trusted_proxies,
      identity: source.identity,
      session: source.session,
      targets: source.targets,
      failure: source.failure,
      fields: source.fields,
      rules: { sensitive: tenant.sensitive, tags: tenant.tags },
      roles: tenant.roles,
      internalNetworks: tenant.internal_networks,
      plain: ['account', 'source'],
      key: [0, 0, 0, 0], // nothing of a survey is kept: no secret is needed
    },
    { addresses },
  );
  const seen = new Sample();
  const framer = new LineFramer();
  const bytes = await input.from(0);
  let size = 0;
  try {
    while (size < SAMPLE_BYTES) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const read = await bytes.read(buffer, 0);
      if (read === 0) break;
      size += read;
      for (const piece of framer.push(buffer.subarray(0, read)))
        seen.take(stage.process({ ...piece, tenant: source.tenant, source: source.name, partition: path }));
    }
    const more = size >= SAMPLE_BYTES;
    if (!more)
      for (const piece of framer.end()) seen.take(stage.process({ ...piece, tenant: source.tenant, source: source.name, partition: path }));
    seen.take(stage.control({ kind: 'end', tenant: source.tenant, upstream: path, provisional: true }));
    return { path, format, reason, more, guess: stage.describeGuess(), ...seen.result() };
  } finally {
    await bytes.close();
  }
}

/** Gathers what a survey says from the stage's outcomes. */
class Sample {
  private events = 0;
  private from = Number.POSITIVE_INFINITY;
  private to = Number.NEGATIVE_INFINITY;
  private readonly present: Record<string, number> = Object.fromEntries(Object.keys(SEEN).map((name) => [name, 0]));
  private readonly interfaces = new Map<string, number>();
  private readonly accounts = new Set<string>();
  private readonly dead = new Map<string, { reason: string; count: number; line: number; detail: string }>();

  take(emits: ReturnType<ReturnType<typeof createNormaliseStage>['process']>): void {
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
    for (let row = 0; row < batch.n; row++) {
      this.events++;
      const at = batch.columns.at[row];
      if (at < this.from) this.from = at;
      if (at > this.to) this.to = at;
      for (const name in SEEN) if (SEEN[name](batch, row)) this.present[name]++;
      const id = heapString(batch.heap, batch.columns.interface[row]);
      this.interfaces.set(id, (this.interfaces.get(id) ?? 0) + 1);
      if (SEEN.account(batch, row)) this.accounts.add(heapString(batch.heap, batch.columns.account[row]));
    }
  }

  result() {
    const interfaces = [...this.interfaces]
      .map(([id, events]) => ({ id, events }))
      .sort((a, b) => b.events - a.events || (a.id < b.id ? -1 : 1));
    return {
      events: this.events,
      from: this.from,
      to: this.to,
      dead: [...this.dead.values()].sort((a, b) => b.count - a.count),
      present: this.present,
      interfaces: interfaces.slice(0, 20),
      interfaceCount: interfaces.length,
      accounts: this.accounts.size,
    };
  }
}
