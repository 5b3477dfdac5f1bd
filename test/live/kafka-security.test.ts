import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientSettings, openKafka } from '../../services/drivers/kafka/client.ts';
import { type Broker, type Secured, startBroker } from '../support/broker.ts';
import { contents, member, until } from '../support/kafka-member.ts';
import { uniquePrefix } from '../support/shared-broker.ts';

const prefix = uniquePrefix('secure');
/** What the driver needs. */
const RIGHTS = [
  [AclResourceTypes.TOPIC, [AclOperationTypes.READ, AclOperationTypes.WRITE, AclOperationTypes.CREATE, AclOperationTypes.DESCRIBE_CONFIGS]],
  [AclResourceTypes.GROUP, [AclOperationTypes.READ]],
  [AclResourceTypes.TRANSACTIONAL_ID, [AclOperationTypes.WRITE]],
] as const;
const environment = { PASSWORD: 'a password', WRONG: 'another' };

describe('brokers with security', () => {
  let broker: Broker;
  let secured: Secured;
  let topics = 0;
  beforeAll(async () => {
    broker = await startBroker({ security: { acls: true, users: { weir: environment.PASSWORD, guest: environment.PASSWORD } } });
    secured = broker.secured as Secured;
    await allow('weir', RIGHTS);
  });
  afterAll(() => broker.remove());

  function settings(bootstrap: string, more: Partial<ClientSettings> = {}): ClientSettings {
    return { brokers: [bootstrap], client_id: 'weir', tls: false, prefix, session_timeout: 6000, ...more };
  }

  /** Everything that the driver does, once. */
  async function use(how: ClientSettings): Promise<void> {
    const kafka = openKafka(how, { environment });
    try {
      const topic = `${prefix}.t${topics++}`;
      await kafka.ensure([{ topic, partitions: 1, replication: 1, configs: { 'retention.ms': '3600000' } }]);
      const writer = kafka.writer(topic);
      await writer.fence();
      await writer.write([{ topic, value: 'a' }], { group: topic, topic, partition: 0, offset: 1, metadata: 'm' });
      await writer.fence();
      expect(await kafka.committed(topic, topic, [0])).toEqual(new Map([[0, { offset: 1, metadata: 'm' }]]));
      expect(await contents(kafka, topic)).toEqual(['a']);
      const reader = await member(kafka, [topic], 'one', ({ resume }) => resume(topic, 0, 0), `${topic}-group`);
      await until(() => reader.texts().length === 1, 'the record is read');
    } finally {
      await kafka.close();
    }
  }

  it('works over TLS', () => use(settings(secured.tls, { tls: { ca: secured.certificates.ca } })));

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('works with %s', (mechanism) =>
    use(settings(secured.sasl, { sasl: { mechanism, username: 'weir', password_env: 'PASSWORD' } })),
  );

  it('works with SASL over TLS', () =>
    use(
      settings(secured.saslTls, {
        tls: { ca: secured.certificates.ca },
        sasl: { mechanism: 'scram-sha-512', username: 'weir', password_env: 'PASSWORD' },
      }),
    ));

  it('shows its certificate where the broker asks for one', async () => {
    const { ca, clientCert, clientKey } = secured.certificates;
    const shown = openKafka(settings(secured.mutualTls, { tls: { ca, cert: clientCert, key: clientKey } }));
    await expect(shown.describe()).resolves.toMatchObject({ brokers: 1 });
    await shown.close();
  });

  it('says that a certificate is not trusted', () =>
    expectFailure(settings(secured.tls, { tls: true }), /certificate.*kafka\.tls has to match/));

  it('says that the password is wrong', () =>
    expectFailure(
      settings(secured.sasl, { sasl: { mechanism: 'scram-sha-256', username: 'weir', password_env: 'WRONG' } }),
      /kafka\.sasl has to name a mechanism, user and password/,
    ));

  it('says that no password is set, and that a file is missing', () => {
    const sasl = { mechanism: 'plain', username: 'weir', password_env: 'NONE' } as const;
    expect(() => openKafka(settings(secured.sasl, { sasl }), { environment })).toThrow(/NONE is not set/);
    expect(() => openKafka(settings(secured.tls, { tls: { ca: '/none.pem' } }))).toThrow(/kafka\.tls\.ca: \/none\.pem cannot be read/);
  });

  it('says what a user may not do', async () => {
    const sasl = { mechanism: 'plain', username: 'guest', password_env: 'PASSWORD' } as const;
    const own = openKafka(settings(secured.sasl, { sasl: { ...sasl, username: 'weir' } }), { environment });
    const guest = openKafka(settings(secured.sasl, { sasl }), { environment });
    const topic = `${prefix}.denied`;
    await own.ensure([{ topic, partitions: 1, replication: 1, configs: {} }]);
    const denied = async (what: Promise<unknown>, right: RegExp) => {
      await expect(what).rejects.toMatchObject({ code: 'kafka_failed' });
      await expect(what).rejects.toThrow(right);
    };
    await denied(guest.ensure([{ topic: `${prefix}.new`, partitions: 1, replication: 1, configs: {} }]), /ACL is missing: .*CREATE/);
    await denied(guest.writer(topic).fence(), /ACL is missing: .*transactional ids/);
    await denied(guest.committed(topic, topic, [0]), /ACL is missing: .*consumer groups/);
    await denied(
      guest.readAll(topic, () => {}),
      /ACL is missing: .*topics/,
    );
    await denied(guest.recordAt({ topic, partition: 0 }, 0), /ACL is missing: .*topics/);
    await denied(guest.send([{ topic, value: 'x' }]), /ACL is missing: .*topics/);
    // may do everything but write
    await allow('guest', [
      [AclResourceTypes.TOPIC, [AclOperationTypes.READ]],
      [AclResourceTypes.TRANSACTIONAL_ID, [AclOperationTypes.WRITE]],
    ]);
    const writer = guest.writer(`${topic}-guest`);
    await writer.fence();
    await denied(writer.write([{ topic, value: 'x' }]), /ACL is missing: .*topics/);
    const reader = await member(guest, [topic], 'one', undefined, `${topic}-guest`).catch((error) => error);
    if (!(reader instanceof Error)) {
      await until(() => reader.failures.length > 0, 'a failure');
      expect(reader.failures[0].message).toMatch(/ACL is missing: .*consumer groups/);
      await reader.intake.stop();
    } else expect(reader.message).toMatch(/ACL is missing: .*consumer groups/);
    await Promise.all([own.close(), guest.close()]);
  });

  async function expectFailure(how: ClientSettings, message: RegExp): Promise<void> {
    const kafka = openKafka(how, { environment });
    await expect(kafka.describe()).rejects.toMatchObject({ code: 'kafka_failed', message: expect.stringMatching(message) });
    await kafka.close();
  }

  /** As the administrator, whom the listener without security lets in. */
  async function allow(user: string, rights: readonly (readonly [number, readonly number[]])[]): Promise<void> {
    const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createAcls({
      acl: rights.flatMap(([resourceType, operations]) =>
        operations.map((operation) => ({
          resourceType,
          resourceName: resourceType === AclResourceTypes.CLUSTER ? 'kafka-cluster' : prefix,
          resourcePatternType: resourceType === AclResourceTypes.CLUSTER ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
          principal: `User:${user}`,
          host: '*',
          operation,
          permissionType: AclPermissionTypes.ALLOW,
        })),
      ),
    });
    await admin.disconnect();
  }
});
