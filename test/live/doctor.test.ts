import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../services/commands/config.ts';
import { diagnose } from '../../services/commands/doctor.ts';
import { type Check, exitCodeOf } from '../../services/commands/doctor-check.ts';
import { packCheckpoint } from '../../services/drivers/kafka/checkpoint.ts';
import { openKafka } from '../../services/drivers/kafka/client.ts';
import type { KafkaCluster } from '../../services/drivers/kafka/log.ts';
import { Names } from '../../services/drivers/kafka/names.ts';
import { NO_SUSPICION } from '../../services/drivers/kafka/suspicion.ts';
import { type Broker, startBroker } from '../support/broker.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { freePorts } from '../support/free-ports.ts';
import { sharedBroker, uniquePrefix } from '../support/shared-broker.ts';

const KEY = 'a master key for tests only';
const HOUR = 3_600_000;
/** ms; checks run side by side, each with a few seconds of patience */
const BOUNDED = 20_000;

function line(at: number, i: number): string {
  return JSON.stringify({
    time_iso8601: new Date(at).toISOString(),
    remote_addr: `203.0.113.${1 + (i % 50)}`,
    request: `GET /api/orders/${1000 + i} HTTP/1.1`,
    status: 200,
    body_bytes_sent: 100,
    request_time: 0.02,
    http_host: 'shop.example',
    http_x_consumer_id: `user-${i % 5}`,
    http_user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
  });
}

let folder: string;
let cluster: KafkaCluster;
let admin: Admin;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-doctor-'));
  process.env.WEIR_KEY = KEY;
  writeFileSync(join(folder, 'addresses.csv'), 'prefix,country,asn\n203.0.113.0/24,DE,64500\n');
  cluster = openKafka({ brokers: [sharedBroker()], client_id: 'test', tls: false, prefix: 'test', session_timeout: 6000 });
  admin = new Kafka({ brokers: [sharedBroker()], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
});
afterAll(async () => {
  delete process.env.WEIR_KEY;
  await cluster.close();
  await admin.disconnect();
  rmSync(folder, { recursive: true, force: true });
});

async function lookAt(yaml: string) {
  return diagnose(parseConfig(`${yaml}\naddress_data: { csv: ./addresses.csv }`, 'weir.yaml', folder, process.env), []);
}

interface Wish {
  prefix: string;
  topic: string;
  broker?: string;
  store?: string;
  /** more keys of the source, of kafka */
  source?: string;
  kafka?: string;
}
async function configText({ prefix, topic, broker = sharedBroker(), store = '{ path: ./data }', source = '', kafka = '' }: Wish) {
  const [port] = await freePorts(1);
  return `
sources: [{ name: gateway, tenant: shop, format: nginx-json, kafka: { topic: ${topic} }${source} }]
kafka: { brokers: ['${broker}'], prefix: ${prefix}, partitions: 2, session_timeout: 6s, state: ./state-${prefix}${kafka} }
serve: { listen: '127.0.0.1:${port}' }
store: ${store}
`;
}

async function fill(topic: string, partitions: number, lines: readonly string[]): Promise<void> {
  await cluster.ensure([{ topic, partitions, replication: 1, configs: {} }]);
  await cluster.send(lines.map((value, i) => ({ topic, partition: i % partitions, value })));
}

function named(checks: readonly Check[], name: string): string[] {
  return checks.filter((check) => check.name === name).map(({ level, found }) => `${level} ${found}`);
}

describe('weir doctor on a broker', () => {
  test('says that all is well, what the topic holds, and changes nothing', async () => {
    const prefix = uniquePrefix('doctor');
    const topic = `${prefix}-gateway`;
    const now = Date.now();
    await fill(
      topic,
      2,
      Array.from({ length: 40 }, (_, i) => line(now - 40_000 + 1000 * i, i)),
    );
    const { checks, sources } = await lookAt(await configText({ prefix, topic }));

    expect(checks.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(exitCodeOf(checks)).toBe(0);
    expect(named(checks, 'brokers')[0]).toMatch(/^ok 1 at .*not encrypted, no login/);
    expect(named(checks, 'source gateway').join('\n')).toMatch(/has 2 partitions, offsets 0 to 20, about 40 records; all with records/);
    expect(named(checks, 'source gateway').join('\n')).toMatch(/16 events can be read; accounts by http_x_consumer_id 100 %/);
    expect(named(checks, 'topics')).toEqual([
      expect.stringMatching(/^ok none of our \d+ is there; the first weir serve makes them, and may/),
    ]);
    expect(named(checks, 'transactions')[0]).toMatch(/^ok/);
    expect(named(checks, 'groups')).toEqual(['ok nothing has been read yet']);
    expect(sources[0]).toMatchObject({ path: `topic ${topic}`, survey: { events: 16, accounts: 5 } });
    const names = new Names(prefix);
    expect((await cluster.partitions([names.events, names.ledger])).size).toBe(0);
  });

  test('says what is wrong with a topic, and what to do', async () => {
    const prefix = uniquePrefix('doctor');
    const names = new Names(prefix);
    await cluster.ensure([{ topic: names.events, partitions: 3, replication: 1, configs: {} }]);
    const { checks } = await lookAt(await configText({ prefix, topic: `${prefix}-nowhere` }));
    expect(named(checks, 'source gateway')).toEqual([expect.stringMatching(/^fail there is no topic .*-nowhere/)]);
    const [topics] = checks.filter(({ name }) => name === 'topics');
    expect(topics.found).toMatch(/\.events has 3 partitions and should have 2/);
    expect(topics.found).toMatch(/\.events has max\.message\.bytes=/);
    expect(topics.remedy).toMatch(/alter the topics/);
    expect(exitCodeOf(checks)).toBe(2);

    const empty = `${prefix}-empty`;
    await cluster.ensure([{ topic: empty, partitions: 1, replication: 1, configs: {} }]);
    expect(named((await lookAt(await configText({ prefix, topic: empty }))).checks, 'source gateway')).toEqual([
      expect.stringMatching(/^warn .* has 1 partition and no records$/),
    ]);
  });

  test('tells a wrong format, a time zone and a slow shipper from the records', async () => {
    const prefix = uniquePrefix('doctor');
    const at = (name: string) => `${prefix}-${name}`;
    const lines = (shift: number) => Array.from({ length: 10 }, (_, i) => line(Date.now() + shift - 1000 * (10 - i), i));
    await fill(at('text'), 1, ['once upon a time', 'there was no log']);
    await fill(at('zone'), 1, lines(8 * HOUR));
    await fill(at('behind'), 1, lines(-8 * HOUR));
    await fill(at('slow'), 1, lines(-10 * 60_000));
    const look = async (name: string) =>
      named((await lookAt(await configText({ prefix, topic: at(name) }))).checks, 'source gateway').join('\n');
    expect(await look('text')).toMatch(/fail none of its newest records can be read as nginx-json \(not_json: /);
    expect(await look('zone')).toMatch(/fail its newest event is (7 h 59 min|8 h) ahead of this machine's clock/);
    expect(await look('behind')).toMatch(/warn its records come in 8 h/);
    expect(await look('slow')).toMatch(/warn its records come in 10 min.* after their events, the lateness is 2 min/);
    const [zone] = (await lookAt(await configText({ prefix, topic: at('zone') }))).checks.filter(({ level }) => level === 'fail');
    expect(zone.remedy).toMatch(/a time without its zone\? It is off by 8 h/);
  });

  test('sees that what a task has to read again is gone', async () => {
    const prefix = uniquePrefix('doctor');
    const topic = `${prefix}-gateway`;
    await fill(
      topic,
      1,
      Array.from({ length: 20 }, (_, i) => line(Date.now() - 20_000 + 1000 * i, i)),
    );
    const names = new Names(prefix);
    const group = names.group('normalise');
    const writer = cluster.writer(names.transactionalId('normalise', topic, 0));
    await writer.fence();
    const commit = (snapshot: number) =>
      packCheckpoint({ offset: snapshot, snapshot: 'x', settled: 15, version: 'v', suspicion: NO_SUSPICION });
    await writer.write([{ topic: `${topic}`, value: line(Date.now(), 0) }], {
      group,
      topic,
      partition: 0,
      offset: 15,
      metadata: commit(5),
    });
    const text = await configText({ prefix, topic });
    expect(named((await lookAt(text)).checks, `group ${group}`)).toEqual([
      expect.stringMatching(/^ok .*: 1 of 1 partitions begun, \d+ records behind$/),
    ]);

    await admin.fetchTopicOffsets(topic); // the client knows a topic's leaders only after this
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '10' }] });
    const { checks } = await lookAt(text);
    expect(named(checks, `group ${group}`)).toEqual([
      `fail ${topic}/0 begins at 10, and the task there has to read again from 5: its records are gone`,
    ]);
    expect(exitCodeOf(checks)).toBe(2);
  });

  test('asks for the master key, and knows the one that the state was made with', async () => {
    const prefix = uniquePrefix('doctor');
    const text = await configText({ prefix, topic: `${prefix}-gateway` });
    const look = async () => named((await lookAt(text)).checks, 'hash key');
    mkdirSync(join(folder, `state-${prefix}`));
    writeFileSync(join(folder, `state-${prefix}`, 'key-check'), 'of another key');
    expect(await look()).toEqual([expect.stringMatching(/^fail WEIR_KEY is not the key that the state in /)]);
    delete process.env.WEIR_KEY;
    expect(await look()).toEqual([expect.stringMatching(/^fail WEIR_KEY is not set/)]);
    process.env.WEIR_KEY = KEY;
  });
});

describe('weir doctor where nothing answers', () => {
  /** Takes connections and says nothing. */
  async function deaf(): Promise<{ server: Server; address: string }> {
    const server = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, address: `127.0.0.1:${(server.address() as { port: number }).port}` };
  }

  test('ends soon, with 3, and says what is away', async () => {
    const [kafka, clickhouse] = await freePorts(2);
    const began = performance.now();
    const { checks } = await lookAt(
      await configText({
        prefix: 'weir',
        topic: 'gateway',
        broker: `127.0.0.1:${kafka}`,
        store: `{ url: 'http://127.0.0.1:${clickhouse}' }`,
      }),
    );
    expect(performance.now() - began).toBeLessThan(BOUNDED);
    expect(exitCodeOf(checks)).toBe(3);
    expect(named(checks, 'brokers')).toEqual([`fail 127.0.0.1:${kafka}: nothing listens there (connection refused)`]);
    expect(named(checks, 'store')[0]).toMatch(new RegExp(`^fail .*127.0.0.1:${clickhouse}.*ECONNREFUSED`));
    expect(checks.filter(({ level }) => level === 'fail')).toHaveLength(2);
  });

  test('ends soon where connections are taken and nothing is answered', async () => {
    const [kafka, clickhouse] = [await deaf(), await deaf()];
    const began = performance.now();
    const { checks } = await lookAt(
      await configText({ prefix: 'weir', topic: 'gateway', broker: kafka.address, store: `{ url: 'http://${clickhouse.address}' }` }),
    );
    expect(performance.now() - began).toBeLessThan(BOUNDED);
    expect(exitCodeOf(checks)).toBe(3);
    expect(named(checks, 'brokers')[0]).toMatch(/^fail no answer in 5 s/);
    expect(named(checks, 'store')[0]).toMatch(/^fail .* does not answer in 5 s/);
    kafka.server.close();
    clickhouse.server.close();
  });
});

describe('weir doctor on brokers with security', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker({ security: { acls: true } });
  });
  afterAll(() => broker.remove());

  const look = async (kafka: string, address = '') =>
    (await lookAt(await configText({ prefix: 'weir', topic: 'gateway', broker: address, kafka }))).checks;

  test('names TLS that is missing, or not known, or not there', async () => {
    const secured = broker.secured as NonNullable<Broker['secured']>;
    expect(named(await look('', secured.tls), 'brokers')[0]).toMatch(/^fail .*: it speaks TLS there, and kafka\.tls is not set$/);
    expect(named(await look(', tls: true', secured.tls), 'brokers')[0]).toMatch(
      /authority that is not known here: name it in kafka\.tls\.ca$/,
    );
    expect(named(await look(', tls: true', broker.bootstrap), 'brokers')[0]).toMatch(/it does not speak TLS there/);
    const checks = await look(`, tls: { ca: '${secured.certificates.ca}' }`, secured.tls);
    expect(named(checks, 'brokers')[0]).toMatch(/^ok 1 at .*; TLS, no login/);
    expect(named(checks, 'tls files')[0]).toMatch(/^warn kafka\.tls\.ca: a certificate ends in/);
  });

  test('names a login that is refused, and rights that are missing', async () => {
    const secured = broker.secured as NonNullable<Broker['secured']>;
    const sasl = ', sasl: { mechanism: scram-sha-256, username: weir, password_env: DOCTOR_PASSWORD }';
    delete process.env.DOCTOR_PASSWORD;
    expect(named(await look(sasl, secured.sasl), 'secrets')[0]).toMatch(/^fail kafka\.sasl\.password_env: DOCTOR_PASSWORD is not set/);
    process.env.DOCTOR_PASSWORD = 'wrong';
    const refused = await look(sasl, secured.sasl);
    expect(named(refused, 'brokers')[0]).toMatch(/^fail .*kafka\.sasl/);
    expect(exitCodeOf(refused)).toBe(2);
    process.env.DOCTOR_PASSWORD = secured.users.weir;
    const poor = await look(sasl, secured.sasl);
    expect(named(poor, 'brokers')[0]).toMatch(/^ok 1 at .*; not encrypted, login as weir \(scram-sha-256\)$/);
    expect(named(poor, 'topics')[0]).toMatch(/^fail .*an ACL is missing/);
    expect(named(poor, 'transactions')[0]).toMatch(/^fail .*an ACL is missing: WRITE and DESCRIBE on the transactional ids/);
    expect(exitCodeOf(poor)).toBe(2); // the source's topic cannot be seen
    delete process.env.DOCTOR_PASSWORD;
  });
});

describe('weir doctor on ClickHouse', () => {
  let server: ClickHouse;
  beforeAll(async () => {
    server = await startClickHouse({
      users: [
        { name: 'owner', password: 'the password' },
        { name: 'reader', password: 'the password', grants: ['GRANT SELECT ON weir.*', 'GRANT CREATE ON weir.*'] },
      ],
    });
    process.env.DOCTOR_STORE = 'the password';
  });
  afterAll(async () => {
    delete process.env.DOCTOR_STORE;
    await server.remove();
  });
  const look = async (username: string) => {
    const store = `{ url: '${server.url}', username: ${username}, password_env: DOCTOR_STORE }`;
    const { checks } = await lookAt(
      `sources: [{ name: a, format: combined, http: { token_env: WEIR_KEY } }]\nstore: ${store}\nserve: { listen: '127.0.0.1:0', http: { listen: '127.0.0.1:0' } }`,
    );
    return checks;
  };

  test('says version, schema, rights and clock; and changes nothing', async () => {
    const fresh = await look('owner');
    expect(exitCodeOf(fresh)).toBe(0);
    expect(named(fresh, 'store').join('\n')).toMatch(
      /ok ClickHouse \d+\.\d+.* as user owner\nok database weir: nothing there yet; the first weir serve makes schema \d+\nok owner may do all that is needed in weir/,
    );
    expect(named(fresh, 'clock')).toEqual([expect.stringMatching(/^ok agrees with ClickHouse's/)]);
    expect(named(await look('owner'), 'store').join('\n')).toContain('nothing there yet');
  });

  test('names rights that are missing, and a login that is refused', async () => {
    const poor = await look('reader');
    expect(poor.find(({ level }) => level === 'fail')).toMatchObject({
      found: expect.stringMatching(/^reader may not INSERT, .* in weir$/),
      remedy: expect.stringMatching(/^GRANT INSERT, .* ON weir\.\* TO reader$/),
    });
    expect(exitCodeOf(poor)).toBe(3);
    process.env.DOCTOR_STORE = 'another';
    const refused = await look('owner');
    expect(named(refused, 'store')[0]).toMatch(/^fail .*wrong user name or password/);
    expect(exitCodeOf(refused)).toBe(2);
    process.env.DOCTOR_STORE = 'the password';
  });
});
