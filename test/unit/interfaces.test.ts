import { describe, expect, it } from 'vitest';
import { InterfaceFinding, InterfaceRecord } from '../../schemas/interface.ts';
import type { DocumentedOperation, InterfaceDocuments } from '../../services/commands/interfaces-documents.ts';
import { findingsOf, withFindings } from '../../services/commands/interfaces-findings.ts';
import { type Inventory, type InventoryInput, inventoryOf } from '../../services/commands/interfaces-inventory.ts';
import { LATELY } from '../../services/commands/interfaces-states.ts';
import { CALLER_SAMPLE, MISSING_INTERFACES } from '../../services/core/inventory.ts';
import { DAY } from '../../services/core/watermark.ts';
import type { StoredData, StoredFacts, StoredInterface } from '../../services/storage/inventory.ts';

const FIRST = Date.UTC(2026, 2, 1);
const DAYS = 40;
const LAST = FIRST + DAYS * DAY;
const RECENT = LAST - LATELY;

/** An interface that was called on these days since FIRST, a hundred times a day by ten accounts. */
function called(id: string, days: readonly number[], changes: Partial<StoredInterface> = {}): StoredInterface {
  const requests = days.length * 100;
  const late = days.filter((day) => FIRST + day * DAY >= RECENT).length * 100;
  return {
    interface: id,
    first: FIRST + days[0] * DAY,
    last: FIRST + days[days.length - 1] * DAY + DAY,
    days: days.map((day) => FIRST / DAY + day),
    hours: days.length * 10,
    most_callers: 10,
    answered: requests,
    requests,
    refused: 0,
    missing: 0,
    client_errors: 0,
    server_errors: 0,
    anonymous: 0,
    anonymous_ok: 0,
    bytes_out: requests * 500,
    span_hours: days.length * 10,
    late: { requests: late, bytes: late * 500, server_errors: 0, anonymous_ok: 0 },
    before: { requests: requests - late, bytes: (requests - late) * 500, server_errors: 0, anonymous_ok: 0 },
    ...changes,
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const always = range(0, DAYS);

function facts(id: string, changes: Partial<StoredFacts> = {}): StoredFacts {
  return {
    interface: id,
    origins: ['consumer'],
    origins_before: ['consumer'],
    answers: ['2xx'],
    answers_before: ['2xx'],
    callers: range(0, 12).map((n) => n * 1000),
    ...changes,
  };
}

function data(id: string, type: string, mask = '', changes: Partial<StoredData> = {}): StoredData {
  return { interface: id, type, masked: mask !== '', mask, hashes: [1, 2, 3], first: FIRST, last: LAST, ...changes };
}

function inventory(interfaces: readonly StoredInterface[], changes: Partial<InventoryInput> = {}): Inventory {
  const found = inventoryOf({
    span: { tenant: 'shop', first: FIRST, last: LAST },
    counted: { since: 0, until: Number.MAX_SAFE_INTEGER, lately: RECENT },
    kind: 'request',
    interfaces,
    facts: interfaces.map((one) => facts(one.interface)),
    data: [],
    documents: undefined,
    inactiveAfter: 14 * DAY,
    all: false,
    ...changes,
  });
  for (const record of found.records) InterfaceRecord.parse(record);
  return found;
}

function states(found: Inventory): Record<string, string> {
  return Object.fromEntries(found.records.map((record) => [record.interface, record.states.join(' ')]));
}

function matchIn(operations: readonly DocumentedOperation[]): InterfaceDocuments['match'] {
  return (id) => {
    const operation = operations.find((one) => one.id === id);
    return operation && { id, operation };
  };
}

describe('states of interfaces', () => {
  it('are told by when they were called', () => {
    const found = inventory([
      called('GET a/orders', always),
      called('GET a/fresh', range(DAYS - 3, DAYS)),
      called('GET a/quiet', range(0, 20)),
      called(
        'GET a/weekly',
        range(0, DAYS).filter((day) => day % 7 === 0),
      ),
      called('GET a/back', [...range(0, 10), DAYS - 1]),
      called('GET a/backlong', [0, ...range(20, DAYS)]),
    ]);
    expect(states(found)).toEqual({
      'GET a/back': 'zombie',
      'GET a/backlong': 'active',
      'GET a/fresh': 'new',
      'GET a/orders': 'active',
      'GET a/quiet': 'inactive',
      'GET a/weekly': 'active',
    });
  });

  it('nothing is new in the first day of a log: it was there before', () => {
    const span = { tenant: 'shop', first: FIRST, last: FIRST + 2 * DAY };
    const short = (id: string, days: number[]): StoredInterface =>
      called(id, days, { before: { requests: 0, bytes: 0, server_errors: 0, anonymous_ok: 0 } });
    const found = inventory([short('GET a/x', [0, 1]), short('GET a/y', [1])], {
      span,
      counted: { since: 0, until: Number.MAX_SAFE_INTEGER, lately: span.last - LATELY },
    });
    expect(states(found)).toEqual({ 'GET a/x': 'active', 'GET a/y': 'new' });
  });

  it('an older version that is still called beside a busier one is a zombie; the newest never is', () => {
    const busy = (id: string): StoredInterface => {
      const one = called(id, always);
      return { ...one, late: { ...one.late, requests: 9000, bytes: 9000 * 500 } };
    };
    const found = inventory([
      called('GET a/api/v1/orders/{id}', always),
      busy('GET a/api/v2/orders/{id}'),
      called('GET a/api/v1/carts', always),
      called('GET a/2024-06-01/rates', always),
      busy('GET a/2025-01-15/rates'),
      called('POST a/api/v1/only', always),
      // the same version, written otherwise
      called('GET a/api/V2/orders/{id}', always),
    ]);
    expect(states(found)).toEqual({
      'GET a/2024-06-01/rates': 'zombie',
      'GET a/2025-01-15/rates': 'active',
      'GET a/api/V2/orders/{id}': 'active',
      'GET a/api/v1/carts': 'active',
      'GET a/api/v1/orders/{id}': 'zombie',
      'GET a/api/v2/orders/{id}': 'active',
      'POST a/api/v1/only': 'active',
    });
    expect(found.records.find((record) => record.interface === 'GET a/api/v1/orders/{id}')?.reasons).toEqual([
      'GET a/api/v2/orders/{id} has taken its place, and it is still called',
    ]);
  });

  it.each<[string, { stored?: Partial<StoredInterface>; seen?: Partial<StoredFacts>; carries?: StoredData }, RegExp]>([
    ['nobody is named', { seen: { origins: ['address', 'consumer'] } }, /say nothing of who they are/],
    ['another way of naming', { seen: { origins: ['api_key', 'consumer'] } }, /api_key/],
    ['another class of answers', { seen: { answers: ['2xx', '3xx'] } }, /3xx/],
    ['server errors', { stored: { late: { requests: 700, bytes: 350_000, server_errors: 80, anonymous_ok: 0 } } }, /11 % .* server errors/],
    ['larger answers', { stored: { late: { requests: 700, bytes: 1_400_000, server_errors: 0, anonymous_ok: 0 } } }, /2000 bytes .* 500/],
    ['new sensitive data', { carries: data('GET a/x', 'mobile', '', { first: LAST - DAY }) }, /mobile in clear/],
  ])('%s of late is a change', (_, { stored, seen, carries }, why) => {
    const one = called('GET a/x', always, stored);
    const changed = inventory([one], { facts: [facts('GET a/x', seen)], data: carries === undefined ? [] : [carries] });
    expect(states(changed)).toEqual({ 'GET a/x': 'changed' });
    expect(changed.records[0].reasons.join()).toMatch(why);
    // the same since ever is none
    const before = { ...facts('GET a/x', seen), origins_before: seen?.origins ?? ['consumer'], answers_before: seen?.answers ?? ['2xx'] };
    const same = inventory([called('GET a/x', always)], {
      facts: [before],
      data: carries === undefined ? [] : [{ ...carries, first: FIRST }],
    });
    expect(states(same)).toEqual({ 'GET a/x': 'active' });
  });

  it('a new method changes what its path was', () => {
    const found = inventory([called('GET a/x', always), called('DELETE a/x', range(DAYS - 2, DAYS)), called('GET a/y', always)]);
    expect(states(found)).toEqual({ 'DELETE a/x': 'new', 'GET a/x': 'changed', 'GET a/y': 'active' });
    expect(found.records.map(({ methods }) => methods.join())).toEqual(['DELETE,GET', 'DELETE,GET', 'GET']);
  });

  it('documents tell of shadows, orphans, what is deprecated and what should be closed', () => {
    const operations = [
      { id: 'GET a/x', deprecated: false, authentication: 'required' as const },
      { id: 'GET a/old', deprecated: true, authentication: 'none' as const },
      { id: 'GET a/never', deprecated: false, authentication: 'none' as const },
    ];
    const documents = { operations, match: matchIn(operations) };
    const open = called('GET a/x', always, { anonymous: 20, anonymous_ok: 9 });
    const found = inventory([open, called('GET a/old', always), called('GET a/hidden', always), called('OPTIONS a/x', always)], {
      documents,
    });
    expect(states(found)).toEqual({
      'GET a/hidden': 'shadow',
      'GET a/never': 'orphan',
      'GET a/old': 'zombie',
      'GET a/x': 'active',
      'OPTIONS a/x': 'active',
    });
    expect(findingsOf(found.records)).toEqual([
      expect.objectContaining({ kind: 'open_despite_document', interfaces: ['GET a/x'], text: expect.stringContaining('9 requests') }),
    ]);
  });
});

describe('one who tries paths', () => {
  const once = (id: string, answered: number): StoredInterface =>
    called(id, [DAYS - 1], {
      requests: 1,
      answered,
      hours: 1,
      most_callers: 1,
      missing: 1 - answered,
      late: { requests: 1, bytes: 1, server_errors: 0, anonymous_ok: 0 },
    });
  const letters = (n: number): string => [...n.toString(26)].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26))).join('');

  it('adds no interface, with 20,000 paths that were missing and 5,000 that a catch-all answered', () => {
    const real = [called('GET a/orders/{id}', always), called('POST a/login', always)];
    const tried = [
      ...range(0, 20_000).map((n) => once(`POST a/${letters(n)}/${letters(n * 7)}`, 0)),
      ...range(0, 5_000).map((n) => once(`GET a/x${letters(n * 3)}`, 1)),
    ];
    const scanner = tried.map((one) => facts(one.interface, { callers: [77] }));
    const found = inventory([...real, ...tried], { facts: [...real.map((one) => facts(one.interface)), ...scanner] });
    expect(found.records.map((record) => record.interface)).toEqual(['POST a/login', 'GET a/orders/{id}']);
    expect(found.unproven).toBeGreaterThan(0);
  });

  it('is told of where tasks had no room for all', () => {
    const spread = range(0, CALLER_SAMPLE).map((n) => n * 1_000_000);
    const found = inventory([called('GET a/x', always)], { facts: [facts('GET a/x'), facts(MISSING_INTERFACES, { callers: spread })] });
    expect(found.left).toBeGreaterThan(1000);
    expect(found.records).toHaveLength(1);
  });
});

describe('findings', () => {
  const ids = ['GET a/x', 'GET a/y', 'GET a/z'];
  const all = ids.map((id) => called(id, always));

  it('one type that is masked in two ways, and whether the masks hide anything between them', () => {
    const found = inventory(all, {
      data: [data('GET a/x', 'mobile', '3*4'), data('GET a/y', 'mobile', '7*'), data('GET a/z', 'email', '1*')],
    });
    const findings = findingsOf(found.records);
    for (const finding of findings) InterfaceFinding.parse(finding);
    expect(findings).toEqual([
      expect.objectContaining({
        kind: 'masked_differently',
        type: 'mobile',
        text: 'mobile is written as 3*4 at GET a/x, as 7* at GET a/y; together the masks hide nothing',
        interfaces: ['GET a/x', 'GET a/y'],
      }),
    ]);
    const records = withFindings(found.records, findings);
    expect(records.map((record) => record.findings.length)).toEqual([1, 1, 0]);
    for (const record of records) InterfaceRecord.parse(record);
  });

  it('masked here and in clear there; the same mask everywhere is none', () => {
    const clear = inventory(all, { data: [data('GET a/x', 'mobile', '3*4'), data('GET a/y', 'mobile')] });
    expect(findingsOf(clear.records).map(({ kind, text }) => [kind, text])).toEqual([
      ['masked_differently', 'mobile is written as 3*4 at GET a/x, in clear at GET a/y'],
    ]);
    const same = inventory(all, { data: ids.map((id) => data(id, 'mobile', '3*4')) });
    expect(findingsOf(same.records)).toEqual([]);
  });

  it('one odd value makes none', () => {
    const found = inventory(all, { data: [data('GET a/x', 'mobile', '3*4'), data('GET a/y', 'mobile', '7*', { hashes: [4] })] });
    expect(findingsOf(found.records)).toEqual([]);
  });

  it('what should not be in a line of a log', () => {
    const found = inventory(all, { data: [data('GET a/x', 'resident_id'), data('GET a/y', 'email')] });
    expect(findingsOf(found.records)).toEqual([
      expect.objectContaining({ kind: 'unmasked', type: 'resident_id', interfaces: ['GET a/x'] }),
    ]);
  });
});

it('ids behind one template are one interface, with the callers of all of them', () => {
  const names = ['anna', 'bernd', 'carla', 'dmitri', 'elena', 'farid', 'greta', 'hugo', 'ines', 'jan', 'kira', 'lars'];
  const raw = names.map((name, i) => ({ ...called(`GET a/users/${name}/profile`, range(i, DAYS)), most_callers: 2 }));
  const perName = raw.map((one, i) => facts(one.interface, { callers: [i * 10, i * 10 + 1] }));
  const [record, ...rest] = inventory(raw, { facts: perName }).records;
  expect(rest).toEqual([]);
  expect(record).toMatchObject({
    folded_count: names.length,
    callers: { about: 2 * names.length, busiest_hour: 2 },
    first_seen: new Date(FIRST).toISOString(),
    requests: raw.reduce((sum, one) => sum + one.requests, 0),
  });
  expect(record.interface).toMatch(/^GET a\/users\/\{\w+\}\/profile$/);
});
