import { INTERFACE_SCHEMA_VERSION, type InterfaceFinding, type InterfaceRecord } from '../../schemas/interface.ts';
import { grouped } from './grouped.ts';

/** Different data from which a form counts: one odd value makes no finding. */
const LEAST_DATA = 2;
/** Places of a value of the type: two masks that show them all between them show the value. */
const PLACES: Readonly<Record<string, number>> = { mobile: 11, resident_id: 18, ssn: 9 };
/** Types that a request's line should not carry in clear, since logs and proxies keep it. */
const NOT_IN_CLEAR = new Set(['resident_id', 'bank_card', 'passport', 'mrz', 'iban', 'ssn', 'jwt', 'api_key', 'secret', 'sms_code']);

type Sensitive = InterfaceRecord['sensitive'][number];

/** What is to be said of sensitive data and of what documents promise, over the interfaces of a tenant. */
export function findingsOf(records: readonly InterfaceRecord[]): InterfaceFinding[] {
  const findings: InterfaceFinding[] = [];
  for (const [tenant, own] of grouped(records, (record) => record.tenant)) {
    findings.push(...maskedDifferently(tenant, own), ...inClear(tenant, own), ...open(tenant, own));
  }
  return findings;
}

/** The records with what concerns each. */
export function withFindings(records: readonly InterfaceRecord[], findings: readonly InterfaceFinding[]): InterfaceRecord[] {
  const byInterface = new Map<string, InterfaceRecord['findings']>();
  for (const { tenant, kind, type, text, interfaces } of findings) {
    for (const id of interfaces) {
      const key = `${tenant} ${id}`;
      byInterface.set(key, [...(byInterface.get(key) ?? []), { kind, type, text }]);
    }
  }
  return records.map((record) => ({ ...record, findings: byInterface.get(`${record.tenant} ${record.interface}`) ?? [] }));
}

/** One type of data whose masks hide different places: who sees several interfaces sees more than any of them shows. */
function maskedDifferently(tenant: string, records: readonly InterfaceRecord[]): InterfaceFinding[] {
  const forms = records.flatMap(({ interface: id, sensitive }) =>
    sensitive.filter(({ distinct }) => distinct >= LEAST_DATA).map((form) => ({ id, form })),
  );
  const findings: InterfaceFinding[] = [];
  for (const [type, own] of grouped(forms, ({ form }) => form.type)) {
    const byForm = grouped(own, ({ form }) => formOf(form));
    const masks = [...byForm.keys()].filter((form) => form !== IN_CLEAR).sort();
    if (masks.length === 0 || byForm.size < 2) continue;
    const places = [...masks, ...(byForm.has(IN_CLEAR) ? [IN_CLEAR] : [])].map((form) => {
      const ids = [...new Set(byForm.get(form)?.map(({ id }) => id))].sort();
      return `${form === IN_CLEAR ? 'in clear' : `as ${form}`} at ${ids[0]}${ids.length > 1 ? ` and ${ids.length - 1} more` : ''}`;
    });
    const together = byForm.has(IN_CLEAR) ? '' : togetherShown(type, masks);
    findings.push({
      schema_version: INTERFACE_SCHEMA_VERSION,
      tenant,
      kind: 'masked_differently',
      type,
      text: `${type} is written ${places.join(', ')}${together}`,
      interfaces: [...new Set(own.map(({ id }) => id))].sort(),
    });
  }
  return findings;
}

const IN_CLEAR = '';

function formOf({ masked, mask }: Sensitive): string {
  return masked ? mask : IN_CLEAR;
}

/** What masks like `3*4` and `7*` show between them. */
function togetherShown(type: string, masks: readonly string[]): string {
  const places = PLACES[type];
  if (places === undefined) return '';
  let head = 0;
  let tail = 0;
  for (const mask of masks) {
    const parts = /^(\d*)\*(\d*)$/.exec(mask);
    if (parts === null) continue;
    head = Math.max(head, Number(parts[1] || 0));
    tail = Math.max(tail, Number(parts[2] || 0));
  }
  return head + tail >= places ? '; together the masks hide nothing' : '';
}

function inClear(tenant: string, records: readonly InterfaceRecord[]): InterfaceFinding[] {
  return records.flatMap(({ interface: id, sensitive }) =>
    sensitive
      .filter(({ type, masked, distinct }) => !masked && distinct >= LEAST_DATA && NOT_IN_CLEAR.has(type))
      .map(
        ({ type, distinct }): InterfaceFinding => ({
          schema_version: INTERFACE_SCHEMA_VERSION,
          tenant,
          kind: 'unmasked',
          type,
          text: `requests carry ${type} in clear, about ${distinct} different ones: logs and proxies on the way keep them`,
          interfaces: [id],
        }),
      ),
  );
}

function open(tenant: string, records: readonly InterfaceRecord[]): InterfaceFinding[] {
  return records
    .filter(({ authentication }) => authentication.documented === 'required' && authentication.anonymous_ok > 0)
    .map(
      ({ interface: id, authentication }): InterfaceFinding => ({
        schema_version: INTERFACE_SCHEMA_VERSION,
        tenant,
        kind: 'open_despite_document',
        type: '',
        text: `the document asks for authentication, and ${authentication.anonymous_ok} requests without an account were answered`,
        interfaces: [id],
      }),
    );
}
