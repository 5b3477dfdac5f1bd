import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { configJsonSchema, RECORD_FIELDS } from '../../schemas/config.ts';
import { InterfaceFinding, InterfaceRecord } from '../../schemas/interface.ts';

/** The JSON schemas that editors and consumers read are generated; `npm run schemas` writes them again. */
const PUBLISHED: [file: string, schema: () => object][] = [
  ['config.schema.json', configJsonSchema],
  ['alert.schema.json', () => ({ ...z.toJSONSchema(AlertRecord), title: 'Weir alert record' })],
  ['incident.schema.json', () => ({ ...z.toJSONSchema(IncidentRecord), title: 'Weir incident record' })],
  ['interface.schema.json', () => ({ ...z.toJSONSchema(InterfaceRecord), title: 'Weir interface record' })],
  ['interface-finding.schema.json', () => ({ ...z.toJSONSchema(InterfaceFinding), title: 'Weir interface finding' })],
];

test.each(PUBLISHED)('schemas/%s is in step with the code', async (file, schema) => {
  await expect(`${JSON.stringify(schema(), null, 2)}\n`).toMatchFileSnapshot(`../../schemas/${file}`);
});

/** Names of all keys of a JSON schema. */
function keysOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (schema === null || typeof schema !== 'object') return [];
  const { properties = {}, propertyNames: _, ...rest } = schema as Record<string, object>;
  return [...Object.keys(properties), ...Object.values(properties).flatMap(keysOf), ...Object.values(rest).flatMap(keysOf)];
}

test('docs/config.md tells of every key of weir.yaml', () => {
  const text = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8');
  const recordFields = new Set<string>(RECORD_FIELDS); // these are told in docs/formats.md
  const missing = [...new Set(keysOf(configJsonSchema()))].filter(
    (key) => !recordFields.has(key) && !new RegExp(`\\b${key}\\b`).test(text),
  );
  expect(missing).toEqual([]);
});
