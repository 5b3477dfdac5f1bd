import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../services/commands/config.ts';

/**
 * docker-compose.yml and Dockerfile, checked without a container engine: against a schema, and for what we promise of
 * them. test/live/compose.test.ts starts a broker from the same settings.
 */

const ROOT = new URL('../..', import.meta.url).pathname;
const COMPOSE = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')) as Compose;
const SERVICES = Object.entries(COMPOSE.services);

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  configs?: { source: string; target: string }[];
  stop_grace_period?: string;
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, { file: string }>;
}

describe('docker-compose.yml', () => {
  test('is a compose file', () => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/compose.schema.json'), 'utf8'));
    const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
    expect(validate(COMPOSE) ? [] : validate.errors).toEqual([]);
    // the schema has teeth
    expect(validate({ services: { weir: { imagine: 'weir' } } })).toBe(false);
    expect(validate({ services: { weir: { depends_on: { kafka: { condition: 'healthy' } } } } })).toBe(false);
  });

  test.each(SERVICES)('%s opens its ports to this machine only', (_, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+(-\d+)?:\d+$/);
  });

  test.each(SERVICES)('%s is made here or from an image of one release', (_, { image, build }) => {
    if (build === undefined) expect(image).toMatch(/^[a-z/-]+:\d+\.\d+\.\d+(\.\d+)?$/);
  });

  test.each(SERVICES)('%s says whether it is well, or is waited for until it has ended', (name, { healthcheck }) => {
    const awaited = SERVICES.some(([, { depends_on = {} }]) => depends_on[name]?.condition === 'service_completed_successfully');
    expect(awaited || healthcheck?.test[0] === 'CMD').toBe(true);
  });

  test.each(SERVICES)('%s waits for services, and uses volumes and configs, that are there', (_, service) => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      if (condition === 'service_healthy') expect(COMPOSE.services[other].healthcheck).toBeDefined();
      else expect(COMPOSE.services[other]).toBeDefined();
    }
    for (const volume of service.volumes ?? []) expect(Object.keys(COMPOSE.volumes)).toContain(volume.split(':')[0]);
    for (const { source } of service.configs ?? []) expect(Object.keys(COMPOSE.configs)).toContain(source);
  });

  test('secrets have no default, and who lacks one is told what to do', () => {
    const secrets = SERVICES.flatMap(([, { environment = {} }]) => Object.entries(environment)).filter(([key]) =>
      /KEY$|PASSWORD$/.test(key),
    );
    expect(secrets.map(([key]) => key).sort()).toEqual(['CLICKHOUSE_PASSWORD', 'WEIR_KEY', 'WEIR_STORE_PASSWORD']);
    for (const [, value] of secrets) expect(value).toMatch(/^\$\{(WEIR_\w+):\?set \1 to .+openssl rand/);
  });

  test("Weir's config is one, and fits the other services", () => {
    const { weir, kafka, clickhouse, topics } = COMPOSE.services;
    const file = /^\$\{WEIR_CONFIG:-(.+)\}$/.exec(COMPOSE.configs.weir.file)?.[1] ?? '';
    const { config } = loadConfig(join(ROOT, file), {});
    expect(dirname(file)).toBe('./docs');
    expect(kafka.environment?.KAFKA_ADVERTISED_LISTENERS).toContain(`//${config.kafka.brokers[0]}`);
    expect(config.store).toMatchObject({
      url: 'http://clickhouse:8123',
      username: clickhouse.environment?.CLICKHOUSE_USER,
      password_env: 'WEIR_STORE_PASSWORD',
      database: clickhouse.environment?.CLICKHOUSE_DB,
    });
    expect(weir.environment?.WEIR_STORE_PASSWORD).toBe(clickhouse.environment?.CLICKHOUSE_PASSWORD);
    expect(Object.keys(weir.environment ?? {})).toContain(config.values.key_env);
    expect(topics.command).toContain(config.sources[0].kafka?.topic);
    const port = config.serve.listen.split(':')[1];
    expect(weir.ports?.[0]).toMatch(new RegExp(`:${port}$`));
    expect(weir.healthcheck?.test.at(-1)).toContain(`:${port}/readyz`);
    expect(Number.parseInt(weir.stop_grace_period ?? '', 10) * 1000).toBeGreaterThan(config.serve.drain);
    expect(weir.volumes?.some((volume) => config.kafka.state.startsWith(volume.split(':')[1]))).toBe(true);
  });
});

describe('Dockerfile', () => {
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

  test('builds on one release of Node that the program runs on', () => {
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^node:22\.\d+\.\d+-[a-z]+-slim$/);
  });

  test('ends with a user who is not root, a health check and a signal that drains', () => {
    const last = text.slice(text.lastIndexOf('FROM '));
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(last).toMatch(/\/readyz/);
    expect(last).toMatch(/^ENTRYPOINT \["node", /m);
  });

  test('copies only what .dockerignore lets through', () => {
    const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => match[1].split(' '));
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) expect(allowed).toContain(path.split('/')[0]);
  });
});
