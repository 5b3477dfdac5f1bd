import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../models/candidate.ts';
import { ACCOUNT_FEATURES } from '../../models/windows.ts';
import { AlertRecord } from '../../schemas/alert.ts';
import { createAlertStage } from '../../services/alerting/alert-stage.ts';
import { FLAG, TRAIT_SHIFT } from '../../services/core/batch.ts';
import { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import { HOUR } from '../../services/core/watermark.ts';
import { Panes } from '../../services/core/window.ts';
import { AccountCloser } from '../../services/features/account-close.ts';
import { AccountTenant } from '../../services/features/account-tenant.ts';
import { HourPanes } from '../../services/features/hour-panes.ts';
import { packStatus, type Ranked, unpackStatus } from '../../services/features/samples.ts';
import { INTERFACE, SOURCE_SPEC } from '../../services/features/specs.ts';
import { CONFIG, candidate, countTerm, DETECTORS, report, run, START } from '../support/alerting-reports.ts';
import { batchOf, type PlainEvent } from '../support/random-events.ts';

const END = START + 10 * HOUR;
/** Evidence of 10 decades or so: medium. */
const TERMS = [countTerm('requests', 24)];

/** The alert of one candidate; undefined when none is raised. */
function alertOf(wish: Parameters<typeof candidate>[0], more: Partial<Candidate>): AlertRecord | undefined {
  const made = { ...candidate({ terms: TERMS, ...wish }), ...more };
  const { alerts } = run(createAlertStage(CONFIG, { detectors: DETECTORS, learners: [] }), [report(END - HOUR, made.view, [made])]);
  for (const alert of alerts) AlertRecord.parse(alert);
  return alerts[0];
}

const probing = (flags: number, more: Partial<Candidate> = {}) =>
  alertOf({ detector: 'probing', id: '203.0.113.9', end: END }, { flags, ...more });

describe('an alert of a source', () => {
  test('says what is known of its address, and weighs none of it in the score', () => {
    const plain = probing(0) as AlertRecord;
    const known = probing(FLAG.threat | FLAG.hosting | FLAG.fakeCrawler) as AlertRecord;
    expect(known.score).toBe(plain.score);
    expect(known.reasons.slice(0, plain.reasons.length)).toEqual(plain.reasons);
    expect(known.reasons.slice(plain.reasons.length).map(({ feature, contribution }) => [feature, contribution])).toEqual([
      ['threat_list', 0],
      ['fake_crawler', 0],
      ['hosting_network', 0],
    ]);
    expect(known.reasons.at(-3)?.text).toBe('a list of threats has this address');
  });

  test('is worse where a list of threats has it, a little', () => {
    expect(probing(0)?.severity).toBe('medium');
    expect(probing(0, { terms: [countTerm('requests', 29)], evidence: 13 })?.severity).toBe('medium');
    expect(probing(FLAG.threat, { terms: [countTerm('requests', 29)], evidence: 13 })?.severity).toBe('high');
    expect(probing(FLAG.threat, { evidence: 9 })?.severity).toBe('medium');
  });

  test('of a mobile carrier is never more than medium, and says that many share it', () => {
    const loud = { terms: [countTerm('requests', 90)], evidence: 40 };
    expect(probing(0, loud)?.severity).toBe('critical');
    const alert = probing(FLAG.mobile | FLAG.threat, loud);
    expect(alert?.severity).toBe('medium');
    expect(alert?.title).toBe('probing on 203.0.113.9 (a mobile carrier: many people share the address)');
  });
});

describe('an alert of an account', () => {
  const volume = (entity: Candidate['entity'], flags: number) =>
    alertOf({ detector: 'volume', id: entity.id, end: END }, { entity, flags });

  test('says from where it was used', () => {
    const alert = volume({ kind: 'account', id: 'li.na' }, FLAG.hosting | FLAG.mobile);
    expect(alert?.reasons.slice(-2).map(({ text }) => text)).toEqual([
      'used from a network of rented machines (hosting)',
      'used from the network of a mobile carrier',
    ]);
  });

  test('for whom an address stands in is not raised for a mobile carrier’s', () => {
    expect(volume({ kind: 'source', id: '203.0.113.9' }, 0)).toBeDefined();
    expect(volume({ kind: 'source', id: '203.0.113.9' }, FLAG.mobile)).toBeUndefined();
    expect(volume({ kind: 'account', id: 'li.na' }, FLAG.mobile)).toBeDefined();
  });
});

test('evidence names the lists of each address', () => {
  const alert = probing(0, {
    samples: candidate({ detector: 'probing', id: 'x', end: END }).samples.map((sample, i) => ({
      ...sample,
      traits: i === 0 ? (FLAG.threat | FLAG.hosting) >>> TRAIT_SHIFT : FLAG.bastion >>> TRAIT_SHIFT,
    })),
  });
  expect(alert?.evidence.map(({ summary }) => summary.replace(/, account.*/, ''))).toEqual([
    '401 POST shop/login from 203.0.113.x (listed as a threat, hosting)',
    '200 GET shop/items/{id} from 2001:db8:1:… (bastion)',
  ]);
});

describe('on their way', () => {
  test('statuses keep the traits, and statuses without are written as ever', () => {
    expect(unpackStatus(packStatus(404, 0x91))).toEqual({ status: 404, traits: 0x91 });
    expect(unpackStatus(packStatus(999, 0xff))).toEqual({ status: 999, traits: 0xff });
    expect(packStatus(200, 0)).toBe(200);
    expect(unpackStatus(200)).toEqual({ status: 200 });
  });

  test('panes collect them, with all 32 marks beside them, and forget them when they close', () => {
    const codec = { write: () => undefined, read: (): Ranked => ({ content: 0, interesting: false, partition: '', offset: 0 }) };
    const panes = new HourPanes<Ranked>(SOURCE_SPEC, codec);
    const pane = panes.open(0, 5);
    panes.marks[pane] = 0xffff_fffe;
    panes.traits[pane] = 0x80;
    const writer = new ByteWriter();
    panes.write(pane, writer);
    const other = panes.open(1, 5);
    panes.marks[other] = 1;
    panes.traits[other] = 0x05;
    panes.merge(other, new ByteReader(writer.finish()));
    expect([panes.marks[other], panes.traits[other]]).toEqual([0xffff_ffff, 0x85]);
    panes.closeHour(5);
    expect(panes.traits[panes.open(2, 6)]).toBe(0);
  });
});

describe('at an interface', () => {
  const SERVICE = 'tcp 10.0.0.5:22';

  /** New callers of an hour, and those who are named as its actors; callers given as name, flags of their events and requests. */
  function callersOf(callers: [string, number, number][]): { fresh: number; named: string[] } {
    const panes = new Panes('UTC');
    const state = new AccountTenant(panes);
    const events = callers.flatMap(([account, flags, requests]) =>
      Array.from(
        { length: requests },
        (_, id): PlainEvent => ({
          at: START + id * 1000,
          account,
          interface: SERVICE,
          address: account,
          status: 200,
          flags,
          object: 1 + id,
          objectNumber: -1,
          target: '',
          device: 0,
          bytesOut: 100,
          duration: 1,
          id,
        }),
      ),
    );
    state.add(batchOf(events), 0, START);
    const closer = new AccountCloser(state);
    const hour = panes.hourOf(START);
    const values = new Float64Array(ACCOUNT_FEATURES.length);
    for (const pane of state.accountPanes.panesOf(hour)) closer.close(pane, 20_000, values);
    const pane = state.interfacePanes.find(0, hour);
    const fresh = state.interfacePanes.counters[pane * state.interfacePanes.stride + INTERFACE.new_callers];
    return { fresh, named: closer.tops.of(pane).map(({ account }) => state.accounts.text(account)) };
  }

  test('a bastion is no stranger, others are', () => {
    expect(callersOf([['10.0.0.7', FLAG.flow | FLAG.bastion, 3]]).fresh).toBe(0);
    expect(callersOf([['10.0.0.8', FLAG.flow | FLAG.own, 3]]).fresh).toBe(1);
  });

  test('an address of a mobile carrier is not named as an actor; an account that comes from there is', () => {
    const { fresh, named } = callersOf([
      ['203.0.113.9', FLAG.anonymous | FLAG.mobile, 40],
      ['203.0.113.10', FLAG.anonymous, 40],
      ['li.na', FLAG.mobile, 40],
    ]);
    expect(fresh).toBe(3);
    expect(named.sort()).toEqual(['203.0.113.10', 'li.na']);
  });
});
