import { z } from 'zod';

const time = z
  .string()
  .refine((text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)), {
    message: 'an ISO 8601 time with its offset, as in 2026-03-02T09:00:00Z',
  });
const ids = z.array(z.string()).default([]);

const campaign = z.object({
  id: z.string().min(1),
  tenant: z.string().min(1),
  scenario: z.object({ number: z.int().min(0).default(0), name: z.string().min(1) }),
  intensity: z.number().positive().optional(),
  start: time,
  end: time,
  interfaces: ids.describe('what the campaign is about, ids as Weir gives them'),
  side_interfaces: ids.describe('others that its events pass'),
  targets: ids.describe('plain values'),
  accounts: ids,
  sources: ids.describe('client addresses'),
});

const benign = z.object({
  id: z.string().min(1),
  tenant: z.string().min(1),
  name: z.string().min(1),
  start: time,
  end: time,
  interfaces: ids,
  accounts: ids,
  sources: ids,
});

const tenant = z.object({
  name: z.string().min(1),
  kind: z.string().optional(),
  seed: z.int().min(0).optional().describe('of its simulation'),
  start: time.describe('first instant of its log'),
  end: time.describe('end of its log, exclusive'),
});

/** What is true of some logs: which malicious activity is in them and which that only looks odd. As `weir simulate` writes it; more fields do not matter. */
export const Labels = z.object({
  version: z.literal(1),
  tenants: z.array(tenant).default([]),
  campaigns: z.array(campaign),
  benign: z.array(benign).default([]),
});
export type Labels = z.infer<typeof Labels>;

/**
 * Reads labels.json.
 * @throws Error that says what is wrong where
 */
export function parseLabels(text: string): Labels {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`it is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = Labels.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${issue.path.join('.') || 'all of it'}: ${issue.message}`);
  }
  const labels = parsed.data;
  const wrong = [...labels.campaigns, ...labels.benign].find(({ start, end }) => Date.parse(end) < Date.parse(start));
  if (wrong !== undefined) throw new Error(`${wrong.id} ends (${wrong.end}) before it starts (${wrong.start})`);
  return labels;
}
