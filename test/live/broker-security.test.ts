import { readFileSync } from 'node:fs';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Broker, type Secured, startBroker } from '../support/broker.ts';

/** Each listener of a secured broker of the tests lets in whom it should, and nobody else. */

let broker: Broker;
let secured: Secured;
beforeAll(async () => {
  broker = await startBroker({ security: true });
  secured = broker.secured as Secured;
});
afterAll(() => broker?.remove());

async function topicsOf(address: string, config: Omit<KafkaConfig, 'brokers'>): Promise<string[]> {
  const admin = new Kafka({ ...config, brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

function text(file: keyof Secured['certificates']): string {
  return readFileSync(secured.certificates[file], 'utf8');
}

test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('%s needs the right password', async (mechanism) => {
  const { weir: password } = secured.users;
  const ssl = { ca: text('ca') };
  expect(await topicsOf(secured.sasl, { sasl: { mechanism, username: 'weir', password } as never })).toEqual([]);
  expect(await topicsOf(secured.saslTls, { ssl, sasl: { mechanism, username: 'weir', password } as never })).toEqual([]);
  await expect(topicsOf(secured.sasl, { sasl: { mechanism, username: 'weir', password: 'another' } as never })).rejects.toThrow();
  await expect(topicsOf(secured.sasl, {})).rejects.toThrow();
});

test("TLS is good with the authority's certificate only", async () => {
  expect(await topicsOf(secured.tls, { ssl: { ca: text('ca') } })).toEqual([]);
  await expect(topicsOf(secured.tls, { ssl: true })).rejects.toThrow();
});

test('where clients have to show a certificate, only they are let in', async () => {
  expect(await topicsOf(secured.mutualTls, { ssl: { ca: text('ca'), cert: text('clientCert'), key: text('clientKey') } })).toEqual([]);
  await expect(topicsOf(secured.mutualTls, { ssl: { ca: text('ca') } })).rejects.toThrow();
});
