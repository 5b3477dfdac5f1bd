import { setTimeout as wait } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import type { OutRecord } from '../../services/drivers/kafka/log.ts';
import { Names } from '../../services/drivers/kafka/names.ts';
import type { LiveOptions, LiveTenant } from './kafka-jobs.ts';
import { type BenchSource, type Installation, metric, peakOf, type Served, type Stand } from './kafka-stand.ts';
import { JOBS } from './kafka-throughput.ts';
import { type HotKey, Traffic, type TrafficOptions } from './kafka-traffic.ts';
import { measured } from './measured.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const PARTITIONS = 2;
/** Of event time: what comes within it is not late. */
const LATENESS = '10s';
/** Hours that are known of each tenant before it begins. */
const HISTORY = 8;
/** Tenants whose alerts are measured. */
const TENANTS = 7;
/** Share of the events that the tenant with the hot key has, with or without the key. */
const BUSY_SHARE = 0.55;
/** Seconds at the beginning that do not count. */
const WARM_UP = 15;
/** ms between two looks at the alerts in the store */
const POLL = 100;
/** ms, wall clock, that the last alerts have to arrive */
const AFTER = 5000;
const BATCH = 2000;

export interface LatencyOptions {
  /** events a second, all tenants together */
  rate: number;
  seconds: number;
  /** how many times faster than the clock event time goes */
  speed: number;
  /** half of all events have one key */
  hot?: HotKey;
  /** events of one more tenant, a week of them, that are there when it begins */
  backfill?: number;
  /** one more tenant, whose source's lateness is an hour */
  slow?: boolean;
  /** an hour of event time ends meanwhile, and every account and interface of it is scored */
  hourEnd?: boolean;
  kafka?: Record<string, unknown>;
  processes?: number;
}

export interface Latency {
  /** ms from (window end + lateness) until an alert of a minute could be read on its topic, one for each alert of tenants without the hot key */
  topic: number[];
  /** the same until a query found it in the store, within POLL */
  store: number[];
  /** on the topic, of the busy tenant, which has the hot key if there is one */
  busy: number[];
  /** on the topic, alerts at the end of an hour, of all tenants: every account's and interface's hour is scored then */
  hour: number[];
  alerts: number;
  /** alerts that did not arrive in the store in time */
  missing: number;
  events: number;
  /** ms by which the writer fell behind at worst */
  behind: number;
  /** CPU seconds while measured, and seconds of that */
  weir: number;
  broker: number;
  clickhouse: number;
  seconds: number;
  transactions: number;
  peak: number;
  /** seconds until the backfill was through; undefined: none, or not done by the end */
  backfilled: number | undefined;
  /** events that came too late for their window; there should be none */
  late: number;
}

/** Live traffic of several tenants with alerts in each minute, and how long these take. */
export async function latency(stand: Stand, options: LatencyOptions): Promise<Latency> {
  const { rate, seconds, speed, hot, backfill = 0, slow = false, processes = 1 } = options;
  const tenants = ['busy', ...Array.from({ length: TENANTS }, (_, i) => `tenant-${i + 1}`)];
  const sources: BenchSource[] = [
    ...tenants.map((tenant) => ({ tenant, partitions: PARTITIONS, lateness: LATENESS })),
    ...(backfill > 0 ? [{ tenant: 'backfill', partitions: PARTITIONS, lateness: LATENESS }] : []),
    ...(slow ? [{ tenant: 'slow', partitions: PARTITIONS, lateness: '1h' }] : []),
  ];
  // event time is not the clock's here: no partition may go on by the clock
  const installation = stand.installation(sources, { idle_after: '1d', ...options.kafka });
  await stand.makeTopics(installation);
  // in the past, so that no event is ahead of the clock when it comes
  const eventStart = startOf(Date.now() + 20_000, seconds * speed * 1000, options.hourEnd === true);
  const share = (tenant: string): number => (tenant === 'busy' ? BUSY_SHARE : (1 - BUSY_SHARE) / TENANTS);
  const live = [...tenants, ...(slow ? ['slow'] : [])].map((tenant, i): LiveTenant => {
    const own = Math.round(rate * (tenant === 'slow' ? 0.1 : share(tenant)));
    // two or three events of an account a minute of event time, as in real traffic
    const accounts = Math.max(200, Math.round((own * 60) / speed / 2.5));
    const burst = tenant === 'slow' ? 0 : 200;
    return {
      tenant,
      rate: own,
      accounts,
      burst,
      hot: tenant === 'busy' ? hot : undefined,
      seed: 1000 + i,
      topic: installation.topics.get(tenant) as string,
      partitions: PARTITIONS,
    };
  });
  for (const tenant of live) await write(installation, tenant.topic, new Traffic(tenant).history(eventStart, HISTORY));
  const served: Served[] = [];
  for (let i = 0; i < processes; i++) served.push(await stand.serve(installation, `weir-${i + 1}`));
  await stand.untilAtRest(installation, served);
  if (backfill > 0) await fillBack(installation, backfill, eventStart);

  const watch = await watchAlerts(stand, installation, tenants);
  const begin = Date.now() + 3000;
  const plan: LiveOptions = { bootstrap: stand.broker.bootstrap, tenants: live, eventStart, begin, speed, seconds };
  const traffic = measured<{ events: number; behind: number }>('live', plan, JOBS);
  await wait(begin + WARM_UP * 1000 - Date.now());
  const [first, transactionsFirst] = [stand.used(served), await metric(served, 'weir_transactions_total')];
  const backfilled = backfill > 0 ? watchBackfill(installation, begin, seconds) : undefined;
  await wait(begin + seconds * 1000 - Date.now());
  const [last, transactionsLast] = [stand.used(served), await metric(served, 'weir_transactions_total')];
  const { result } = await traffic;
  await wait(AFTER);
  const seen = await watch.stop();
  const late = await metric(served, 'weir_events_late_total');
  const peak = Math.max(...served.map(({ pid }) => peakOf(pid)));
  await stand.stop(served);
  const took = await backfilled;
  await stand.discard(installation);

  const dueAt = (detected: number): number => begin + (detected - eventStart) / speed;
  const counted = seen.filter(({ detected }) => dueAt(detected) > begin + WARM_UP * 1000 && dueAt(detected) < begin + seconds * 1000);
  const atHour = ({ detected }: SeenAlert): boolean => detected % HOUR < MINUTE;
  const others = counted.filter((alert) => alert.tenant !== 'busy' && !atHour(alert));
  const delays = (of: typeof counted, at: 'topic' | 'store'): number[] =>
    of.flatMap((alert) => (alert[at] === undefined ? [] : [(alert[at] as number) - dueAt(alert.detected)])).sort((a, b) => a - b);
  const measuredFor = seconds - WARM_UP;
  return {
    topic: delays(others, 'topic'),
    store: delays(others, 'store'),
    busy: delays(
      counted.filter((alert) => alert.tenant === 'busy' && !atHour(alert)),
      'topic',
    ),
    hour: delays(counted.filter(atHour), 'topic'),
    alerts: counted.length,
    missing: counted.filter((alert) => alert.store === undefined).length,
    events: (result.events * measuredFor) / seconds,
    behind: result.behind,
    weir: last.weir.reduce((sum, cpu, i) => sum + cpu - first.weir[i], 0),
    broker: last.broker - first.broker,
    clickhouse: last.clickhouse - first.clickhouse,
    seconds: measuredFor,
    transactions: transactionsLast - transactionsFirst,
    peak,
    backfilled: took,
    late,
  };
}

/** Where event time begins: in the past hour, and so that an hour ends halfway, or none does. */
function startOf(now: number, length: number, hourEnd: boolean): number {
  const hour = Math.floor(now / HOUR) * HOUR;
  const latest = Math.floor((now - length) / MINUTE) * MINUTE;
  if (hourEnd) return Math.floor((Math.min(hour, latest + length / 2) - length / 2) / MINUTE) * MINUTE;
  return latest >= hour || latest + length < hour ? latest : Math.floor((hour - length) / MINUTE - 1) * MINUTE;
}

async function write({ cluster }: Installation, topic: string, lines: readonly string[]): Promise<void> {
  for (let from = 0; from < lines.length; from += BATCH) {
    await cluster.send(lines.slice(from, from + BATCH).map((value, i): OutRecord => ({ topic, partition: i % PARTITIONS, value })));
  }
}

/** A week that ends where live traffic begins. */
async function fillBack(installation: Installation, events: number, end: number): Promise<void> {
  const options: TrafficOptions = { tenant: 'backfill', rate: 0, accounts: 5000, burst: 0, disorder: 0, seed: 7 };
  const traffic = new Traffic(options);
  const week = 7 * 24 * HOUR;
  const topic = installation.topics.get('backfill') as string;
  for (let sent = 0; sent < events; sent += BATCH) {
    await write(installation, topic, traffic.lines(end - week * (1 - sent / events), end - week * (1 - (sent + BATCH) / events), BATCH));
  }
}

/** Seconds from `begin` until all of the backfill has been parsed. */
async function watchBackfill({ cluster, prefix, topics }: Installation, begin: number, seconds: number): Promise<number | undefined> {
  const topic = topics.get('backfill') as string;
  const group = new Names(prefix).group('normalise');
  while (Date.now() < begin + seconds * 1000) {
    const [bounds, committed] = [await cluster.bounds(topic), await cluster.committed(group, topic, [0, 1])];
    if ([...bounds].every(([partition, { end }]) => (committed.get(partition)?.offset ?? 0) >= end)) return (Date.now() - begin) / 1000;
    await wait(500);
  }
  return undefined;
}

interface SeenAlert {
  tenant: string;
  /** window end + lateness, ms of event time */
  detected: number;
  /** ms since the epoch */
  topic: number | undefined;
  store: number | undefined;
}

/** Notes when each alert can be read, on its topic by a reader of committed records and in the store by a query. */
async function watchAlerts(
  stand: Stand,
  { prefix, database }: Installation,
  tenants: readonly string[],
): Promise<{ stop(): Promise<SeenAlert[]> }> {
  const names = new Names(prefix);
  const seen = new Map<string, SeenAlert>();
  const note = (id: string, tenant: string, detected: number, at: 'topic' | 'store'): void => {
    let alert = seen.get(id);
    if (alert === undefined) seen.set(id, (alert = { tenant, detected, topic: undefined, store: undefined }));
    alert[at] ??= Date.now();
  };
  const consumer = new Kafka({ brokers: [stand.broker.bootstrap], clientId: 'bench', logLevel: logLevel.NOTHING }).consumer({
    groupId: `${prefix}-watch`,
    maxWaitTimeInMs: 20,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: tenants.map((tenant) => names.alerts(tenant)), fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      const { alert_id, tenant, detected_at } = JSON.parse(String(message.value)) as {
        alert_id: string;
        tenant: string;
        detected_at: string;
      };
      note(alert_id, tenant, Date.parse(detected_at), 'topic');
    },
  });
  let stopped = false;
  const polling = (async () => {
    while (!stopped) {
      const asked = performance.now();
      const rows = await stand.query(
        `SELECT alert_id, tenant, toUnixTimestamp64Milli(detected_at) FROM ${database}.alerts WHERE stored_at > now64(3) - INTERVAL 20 SECOND`,
      );
      for (const [id, tenant, detected] of rows) note(id, tenant, Number(detected), 'store');
      await wait(Math.max(0, POLL - (performance.now() - asked)));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await polling;
      await consumer.disconnect();
      return [...seen.values()];
    },
  };
}

/** A quantile of values in ascending order; NaN of none. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
