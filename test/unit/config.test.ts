import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FORMATS, RECORD_FIELDS } from '../../schemas/config.ts';
import { configVersion, defaultConfig, loadConfig, parseConfig, tenantConfig } from '../../services/commands/config.ts';
import { withoutEffect } from '../../services/commands/without-effect.ts';
import { WeirError } from '../../services/core/errors.ts';
import { FIELD_NAMES } from '../../services/ingest/fields.ts';

/** The outline of the README and the documentation, in full: users rely on every key of it. */
const OUTLINE = `
tenants:
  shop:
    time_zone: Asia/Shanghai
    calendar: { country: CN, days: { 2026-04-04: holiday, 2026-04-11: work } }
    alert_budget: 1
    internal_networks: [10.0.0.0/8]
    sensitive: [ "GET */api/v1/users/{id}/contact" ]
    tags: { login: ["POST */login"], register: [], send_code: [], benefit: [], export: [] }
    roles: { admin: [root, ops-*], service: [batch-*] }
    peers: { partners: { members: [key-*], until: 2026-12-31 } }
    values: { plain: [account, source] }
sources:
  - { name: gateway, tenant: shop, format: nginx-json, files: [ ./shop.log ], trusted_proxies: [10.8.0.0/24],
      identity: [ http_x_consumer_id, login_user ], session: cookie_sid, targets: [ arg_phone, login_user ],
      failure: { field: body_code, not: [0] }, lateness: 2m }
  - { name: kong, tenant: partner, format: kong, kafka: { topic: kong-logs } }
  - { name: edge, tenant: flows, format: zeek-conn, files: [ ./conn.log ] }
address_data: { csv: ./geo.csv }
store: { path: ./weir-data }
kafka: { brokers: [ 127.0.0.1:9092 ] }
values: { key_env: WEIR_KEY }
alerts: { webhooks: [ { url: https://hooks.example.org/weir, secret_env: HOOK } ] }
`;

function parse(text: string, environment: NodeJS.ProcessEnv = {}) {
  return parseConfig(text, 'weir.yaml', '/etc/weir', environment);
}

function complaint(text: string, environment: NodeJS.ProcessEnv = {}): string {
  try {
    parse(text, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(WeirError);
    expect((error as WeirError).exitCode).toBe(2);
    return (error as WeirError).message;
  }
  throw new Error('no complaint');
}

test('the fields that a source can name are those that formats know', () => {
  expect([...RECORD_FIELDS]).toEqual([...FIELD_NAMES]);
});

describe('weir.yaml', () => {
  test('the outline is accepted and typed', () => {
    const { config } = parse(OUTLINE);
    expect(config.tenants.shop.calendar.days).toEqual({ '2026-04-04': 'holiday', '2026-04-11': 'work' });
    expect(config.sources[0].lateness).toBe(120_000);
    expect(config.sources[0].files).toEqual(['/etc/weir/shop.log']);
    expect(config.sources[0].failure).toEqual({ field: 'body_code', not: [0] });
    expect(config.address_data).toEqual({ csv: '/etc/weir/geo.csv' });
    expect(config.store).toEqual({ path: '/etc/weir/weir-data' });
    expect(config.tenants.shop.peers.partners.until).toBe('2026-12-31');
  });

  test('what this version does nothing with is said', () => {
    const said = withoutEffect(parse(OUTLINE).config).join('\n');
    for (const part of ['source kong: kafka', 'alerts.webhooks', 'tenant shop: peers']) expect(said).toContain(part);
    expect(withoutEffect(parse('sources: [{ name: a, files: [a.log] }]').config)).toEqual([]);
  });

  test('everything but sources has a default', () => {
    const { config } = parse('sources: [{ name: a, files: [a.log] }]');
    expect(config.sources[0].tenant).toBe('default');
    expect(config.sources[0].lateness).toBeUndefined();
    expect(tenantConfig(config, 'default')).toMatchObject({
      time_zone: 'UTC',
      alert_budget: 1,
      sensitive: [],
      values: { plain: ['account', 'source'] },
    });
    expect(tenantConfig(config, 'default').tags.login).toBeUndefined();
    expect(defaultConfig('/srv').config.store).toEqual({ path: '/srv/weir-data' });
  });

  test('a log may have its own names of fields', () => {
    const { config } = parse('sources: [{ name: a, files: [a], fields: { time: ts, status: http.code } }]');
    expect(config.sources[0].fields).toEqual({ time: 'ts', status: 'http.code' });
    expect(complaint('sources: [{ name: a, files: [a], fields: { adress: ip } }]')).toContain('sources[0].fields.adress');
  });

  test('an unknown key is an error that names line, path and the nearest known key', () => {
    expect(complaint('tenants:\n  shop:\n    time_zoen: UTC\nsources:\n  - { name: a, files: [a.log] }\n')).toMatch(
      /^weir\.yaml:3: tenants\.shop\.time_zoen is not a known key; did you mean time_zone\? \(allowed: time_zone, calendar, /,
    );
    expect(complaint('sources: [{ name: a, files: [a] }]\nstore: { pth: x }')).toContain(
      'weir.yaml:2: store.pth is not a known key; did you mean path?',
    );
  });

  test('a wrong value is named with what is allowed', () => {
    expect(complaint('sources:\n  - name: a\n    files: [a]\n    format: nginx-jsn')).toBe(
      `weir.yaml:4: sources[0].format is "nginx-jsn"; did you mean nginx-json? (allowed: ${FORMATS.join(', ')})`,
    );
    expect(complaint('sources: [{ name: a, files: [a], lateness: 2 minutes }]')).toContain(
      'sources[0].lateness is "2 minutes": a duration is a number and a unit',
    );
    expect(complaint('sources: [{ name: a, files: [a] }]\ntenants: { Shop: {} }')).toContain(
      'tenants.Shop is not a valid name: tenant names are 1 to 63 of a-z, 0-9 and -',
    );
    expect(complaint('sources: [{ name: a, files: [a] }]\ntenants: { shop: { alert_budget: 0 } }')).toContain(
      'tenants.shop.alert_budget is 0; it must be more than 0',
    );
    expect(complaint('sources: [{ name: a, files: [a] }]\ntenants: { shop: { time_zone: Shanghai } }')).toContain(
      'is "Shanghai": a time zone is an IANA name',
    );
    expect(complaint('sources: [{ name: a, files: [a], trusted_proxies: [10.0.0.0/33] }]')).toContain(
      'sources[0].trusted_proxies[0] is "10.0.0.0/33": a network is',
    );
    expect(complaint('sources: [{ name: a }]')).toContain('sources[0]: needs one of `files`, `kafka` and `http`');
    expect(complaint('sources: [{ name: a, files: a.log }]')).toContain('sources[0].files is "a.log"; it must be a list');
    expect(complaint('tenants: {}')).toContain('sources is missing; it is a list');
    expect(complaint('sources: []')).toContain('sources is an empty list');
    expect(complaint('sources: [{ name: a, files: [a] }, { name: a, files: [b] }]')).toContain(
      'source names are unique; sources[0] has it already',
    );
  });

  test('a detector that does not exist is named with the nearest that does', () => {
    const text = (name: string) => `sources: [{ name: a, files: [a] }]\ntenants: { shop: { sensitivity: { ${name}: 0.5 } } }`;
    expect(parse(text('sms_bombing')).config.tenants.shop.sensitivity).toEqual({ sms_bombing: 0.5 });
    expect(complaint(text('sms_bomming'))).toContain(
      'tenants.shop.sensitivity names sms_bomming, which is no detector; did you mean sms_bombing?',
    );
  });

  test('all mistakes are told at once, in the order of the file', () => {
    const lines = complaint('sources:\n  - name: a\n    files: [a]\n    formt: x\n    lateness: 3\ntenants:\n  shop: { budget: 1 }').split(
      '\n',
    );
    expect(lines.map((line) => line.split(':')[1])).toEqual(['4', '5', '7']);
  });

  test('broken YAML, a repeated key and an empty file are told with their line', () => {
    expect(complaint('sources: [')).toMatch(/^weir\.yaml:1: /);
    expect(complaint('sources: []\nsources: []')).toMatch(/^weir\.yaml:2: .*unique/);
    expect(complaint('')).toContain('weir.yaml is empty');
  });

  test('the environment fills values, not keys, and adds nothing but scalars', () => {
    const text = 'tenants:\n  shop:\n    alert_budget: ${BUDGET}\nsources: [{ name: a, files: ["${DIR}/a.log", "$${DIR}.log"] }]';
    const { config } = parse(text, { BUDGET: '0.5', DIR: '/logs' });
    expect(config.tenants.shop.alert_budget).toBe(0.5);
    expect(config.sources[0].files).toEqual(['/logs/a.log', '/etc/weir/${DIR}.log']);
    expect(complaint(text, { DIR: '/logs' })).toBe('weir.yaml:3: ${BUDGET} is not set in the environment ($${ writes a plain ${)');
    expect(complaint(text, { DIR: '/logs', BUDGET: '[1, 2]' })).toContain('tenants.shop.alert_budget is "[1, 2]"; it must be a number');
  });

  test('the version follows what can change a result, not where files lie', () => {
    const version = (text: string) => parse(text).version;
    const plain = version('sources: [{ name: a, files: [a.log] }]');
    expect(plain).toMatch(/^[0-9a-f]{12}$/);
    expect(version('sources:\n- files: [b.log]\n  name: a\nstore: { path: /elsewhere }')).toBe(plain);
    expect(version('sources: [{ name: a, files: [a.log], lateness: 5m }]')).not.toBe(plain);
    expect(version('sources: [{ name: a, files: [a.log] }]\ntenants: { default: { alert_budget: 2 } }')).not.toBe(plain);
    expect(configVersion(parse(OUTLINE).config)).toBe(parse(OUTLINE).version);
  });

  test('files that are not there or not readable are usage errors', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
    expect(() => loadConfig(join(folder, 'none.yaml'))).toThrow(/does not exist; weir init/);
    expect(() => loadConfig(folder)).toThrow(/it is a folder/);
    writeFileSync(join(folder, 'weir.yaml'), 'sources: [{ name: a, files: [a.log] }]');
    expect(loadConfig(join(folder, 'weir.yaml')).config.sources[0].files).toEqual([join(folder, 'a.log')]);
  });
});
