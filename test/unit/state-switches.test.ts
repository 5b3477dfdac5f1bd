import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MarkDraft } from '../../schemas/marks.ts';
import { lastMarks, parseMarks } from '../../schemas/marks.ts';
import { HOUR, MINUTE } from '../../services/core/watermark.ts';
import { MarkJournal } from '../../services/state/mark-journal.ts';
import {
  BEGINNING,
  championBefore,
  decideSwitch,
  firstFree,
  inForce,
  type SwitchEntry,
  SwitchJournal,
  type SwitchWish,
  scheduleOf,
  shippedSwitch,
  switchesOf,
} from '../../services/state/model-switches.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-switches-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const START = Date.UTC(2026, 2, 2, 8);
const NOW = Date.UTC(2026, 10, 22);

/** Wishes one after another, each with how far tenants had been judged. */
function written(...wishes: [SwitchWish, Record<string, number>?][]): SwitchEntry[] {
  const journal = new SwitchJournal(join(folder, 'data'));
  for (const [wish, judged] of wishes) journal.append(decideSwitch(journal.entries, wish, judged ?? {}), NOW);
  return [...journal.entries];
}
const promote = (version: string, tenant = '*', from?: number): SwitchWish => ({ by: 'promote', version, tenant, from });

describe('the journal of switches', () => {
  it('keeps what was written, numbered, and is read by another process', () => {
    const entries = written([promote('1')], [promote('2'), { shop: START }]);
    expect(new SwitchJournal(join(folder, 'data')).entries).toEqual(entries);
    expect(entries).toMatchObject([
      { number: 1, by: 'promote', tenant: '*', from: BEGINNING, champion: '1', challenger: '' },
      { number: 2, by: 'promote', tenant: '*', from: START, champion: '2', challenger: '' },
    ]);
  });

  it('forgets half a line that a crash left, and goes on behind the last whole one', () => {
    const path = join(folder, 'data', 'models', 'switches.ndjson');
    written([promote('1')]);
    const whole = readFileSync(path, 'utf8');
    appendFileSync(path, '{"number":2,"recorded_at":"2026');
    expect(new SwitchJournal(join(folder, 'data')).entries).toHaveLength(1);
    written([promote('2'), { shop: START }]);
    expect(readFileSync(path, 'utf8').startsWith(whole)).toBe(true);
    expect(new SwitchJournal(join(folder, 'data')).entries.map(({ champion }) => champion)).toEqual(['1', '2']);
  });

  it('refuses a journal with a gap', () => {
    written([promote('1')]);
    appendFileSync(join(folder, 'data', 'models', 'switches.ndjson'), '{"number":3}\n');
    expect(() => new SwitchJournal(join(folder, 'data'))).toThrow(/line 2: switch 3 where 2 is due/);
  });
});

describe('when a switch begins', () => {
  it('is the first whole hour at or after what was judged; the beginning where nothing was', () => {
    expect(firstFree(undefined)).toBe(BEGINNING);
    expect(firstFree(START)).toBe(START);
    expect(firstFree(START + MINUTE)).toBe(START + HOUR);
    const judged = { shop: START + MINUTE, bank: START + 5 * HOUR };
    expect(decideSwitch([], promote('1', 'shop'), judged).from).toBe(START + HOUR);
    expect(decideSwitch([], promote('1', 'bank'), judged).from).toBe(START + 5 * HOUR);
    expect(decideSwitch([], promote('1', 'new'), judged).from).toBe(BEGINNING);
    expect(decideSwitch([], promote('1'), judged).from).toBe(START + 5 * HOUR);
  });

  it('can be later, never earlier: both times are named', () => {
    const judged = { shop: START + MINUTE };
    expect(decideSwitch([], promote('1', '*', START + 9 * HOUR), judged).from).toBe(START + 9 * HOUR);
    expect(() => decideSwitch([], promote('1', '*', START), judged)).toThrow(
      '--from 2026-03-02T08:00:00.000Z: windows before 2026-03-02T09:00:00.000Z have been judged',
    );
  });
});

describe('what is in force', () => {
  it('is baselines alone before any switch', () => {
    expect(inForce([], 'shop')).toEqual({ from: BEGINNING, champion: '', challenger: '', since: undefined });
    expect(switchesOf([])).toEqual([]);
  });

  it('follows the last switch that concerns a tenant, its own or one for all', () => {
    const judged = { shop: START, bank: START };
    const entries = written([promote('1')], [promote('2', 'shop'), judged], [promote('3'), { shop: START + HOUR, bank: START + HOUR }]);
    expect(scheduleOf(entries, 'bank')).toEqual([
      { from: BEGINNING, champion: '1', challenger: '' },
      { from: START + HOUR, champion: '3', challenger: '' },
    ]);
    expect(scheduleOf(entries, 'shop').map(({ champion }) => champion)).toEqual(['1', '2', '3']);
    expect(switchesOf(entries).filter(({ tenant }) => tenant === 'shop')).toHaveLength(3);
    expect(inForce(entries, 'shop').champion).toBe('3');
  });

  it('a switch that was planned for later is taken back by one that begins before', () => {
    const entries = written([promote('1')], [promote('2', '*', START + 9 * HOUR), { shop: START }], [promote('3'), { shop: START }]);
    expect(scheduleOf(entries, 'shop')).toEqual([
      { from: BEGINNING, champion: '1', challenger: '' },
      { from: START, champion: '3', challenger: '' },
      { from: START + 9 * HOUR, champion: '3', challenger: '' },
    ]);
  });

  it('keeps the challenger through a promotion, unless it is the one that is promoted', () => {
    const entries = written([promote('1')], [{ by: 'challenge', version: '2', tenant: '*' }], [promote('3')], [promote('2')]);
    expect(entries.map(({ champion, challenger }) => [champion, challenger])).toEqual([
      ['1', ''],
      ['1', '2'],
      ['3', '2'],
      ['2', ''],
    ]);
  });

  it('since when: the switch that put the champion there, not one that changed the challenger', () => {
    const entries = written(
      [promote('1')],
      [promote('2'), { a: START }],
      [{ by: 'challenge', version: '1', tenant: '*' }, { a: START + HOUR }],
    );
    expect(inForce(entries, 'a')).toMatchObject({ champion: '2', challenger: '1', from: START + HOUR, since: { number: 2 } });
  });
});

describe('rollback', () => {
  const rollback: SwitchWish = { by: 'rollback', tenant: '*' };

  it('goes back one promotion at a time, to baselines alone at last', () => {
    const entries = written([promote('1')], [promote('2')], [promote('3')], [rollback], [rollback], [rollback]);
    expect(entries.map(({ champion }) => champion)).toEqual(['1', '2', '3', '2', '1', '']);
    expect(() => decideSwitch(entries, rollback, {})).toThrow(/no champion before/);
  });

  it('does not go behind what the program came with', () => {
    const journal = new SwitchJournal(join(folder, 'data'));
    journal.append({ by: 'shipped', tenant: '*', from: BEGINNING, champion: '1', challenger: '' }, NOW);
    journal.append(decideSwitch(journal.entries, promote('2'), {}), NOW);
    expect(championBefore(journal.entries, 'shop')).toBe('1');
    journal.append(decideSwitch(journal.entries, rollback, {}), NOW);
    expect(() => decideSwitch(journal.entries, rollback, {})).toThrow(/no champion before 1/);
  });
});

describe('what a program came with', () => {
  it('is the champion from the beginning in a new folder, from the next hour on in one that ran before', () => {
    expect(shippedSwitch([], '1', {})).toEqual({ by: 'shipped', tenant: '*', from: BEGINNING, champion: '1', challenger: '' });
    expect(shippedSwitch([], '1', { shop: START + MINUTE })?.from).toBe(START + HOUR);
    expect(shippedSwitch([], undefined, {})).toBeUndefined();
  });

  it('is followed by a newer one, until people choose a champion', () => {
    const journal = new SwitchJournal(join(folder, 'data'));
    journal.append({ by: 'shipped', tenant: '*', from: BEGINNING, champion: '1', challenger: '' }, NOW);
    expect(shippedSwitch(journal.entries, '1', { shop: START })).toBeUndefined();
    expect(shippedSwitch(journal.entries, '2', { shop: START })).toMatchObject({ champion: '2', from: START });
    journal.append(decideSwitch(journal.entries, promote('own'), { shop: START }), NOW);
    expect(shippedSwitch(journal.entries, '2', { shop: START })).toBeUndefined();
  });
});

describe('a wish that changes nothing', () => {
  it('is refused, with what is in force', () => {
    const entries = written([promote('1')], [{ by: 'challenge', version: '2', tenant: '*' }]);
    expect(() => decideSwitch(entries, promote('1'), {})).toThrow('nothing to change: the champion is 1, challenger 2');
    expect(() => decideSwitch(entries, { by: 'challenge', version: '1', tenant: '*' }, {})).toThrow(/1 is the champion/);
    expect(() => decideSwitch(entries.slice(0, 1), { by: 'retire', tenant: 'shop' }, {})).toThrow('there is no challenger of tenant shop');
  });

  it('for all is none where a tenant has another', () => {
    const entries = written([promote('1')], [promote('2', 'shop')]);
    expect(decideSwitch(entries, promote('1'), {})).toMatchObject({ tenant: '*', champion: '1' });
  });
});

describe('marks', () => {
  const draft = (incident: string, mark: MarkDraft['mark']): MarkDraft => ({
    incident_id: incident.repeat(32),
    mark,
    tenant: 'shop',
    title: 'account u7 walks objects',
    entities: [{ kind: 'account', id: 'u7' }],
    actors: [{ kind: 'source', id: '203.0.113.7' }],
    detectors: ['object_traversal'],
    from: '2026-04-01T08:00:00.000Z',
    to: '2026-04-01T09:00:00.000Z',
    until: null,
    author: 'someone',
    note: '',
  });

  it('are kept in order; the last of an incident holds; their lines are what training reads', () => {
    const journal = new MarkJournal(folder);
    for (const [incident, mark] of [
      ['a', 'benign'],
      ['b', 'attack'],
      ['a', 'attack'],
    ] as const)
      journal.append(journal.next(draft(incident, mark), NOW));
    const again = new MarkJournal(folder);
    expect(again.marks).toEqual(journal.marks);
    expect(lastMarks(again.marks).map(({ number, mark }) => [number, mark])).toEqual([
      [2, 'attack'],
      [3, 'attack'],
    ]);
    expect(parseMarks(readFileSync(again.path, 'utf8'))).toEqual(again.marks);
  });

  it('that are none are refused by line', () => {
    expect(() => parseMarks('\n{"mark":"attack"}\n')).toThrow(/^line 2 is no mark: schema_version/);
    expect(() => parseMarks('{')).toThrow('line 1 is not JSON');
  });
});
