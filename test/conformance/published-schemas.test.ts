import { expect, test } from 'vitest';
import { z } from 'zod';
import { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { configJsonSchema } from '../../schemas/config.ts';

/** The JSON schemas that editors and consumers read are generated; `npm run schemas` writes them again. */
const PUBLISHED: [file: string, schema: () => object][] = [
  ['config.schema.json', configJsonSchema],
  ['alert.schema.json', () => ({ ...z.toJSONSchema(AlertRecord), title: 'Weir alert record' })],
  ['incident.schema.json', () => ({ ...z.toJSONSchema(IncidentRecord), title: 'Weir incident record' })],
];

test.each(PUBLISHED)('schemas/%s is in step with the code', async (file, schema) => {
  await expect(`${JSON.stringify(schema(), null, 2)}\n`).toMatchFileSnapshot(`../../schemas/${file}`);
});
