import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InterfaceFacts } from '../../models/templates/index.ts';
import { foldFacts, isEvident, learnTemplates, templatesFrom } from '../../models/templates/index.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 2);

/** Facts of one raw id: who called it, spread over so many hours. */
function facts(id: string, requests: number, callers: readonly string[], hours = 20, answered = requests): InterfaceFacts {
  const who = [...callers].sort().slice(0, 16);
  return { id, requests, answered, callers: callers.length, hours, first: START, last: START + hours * HOUR, who };
}

const callers = (n: number, from = 0): string[] => Array.from({ length: n }, (_, i) => `caller${from + i}`);
const NAMES =
  'ann bert carla dieter elke franz gerda hugo ines jens katja lutz mona nils olaf petra ralf silke timo ute volker wanda'.split(' ');

/** A host with a variable of names, collections, things done beside names, and rare places. */
const HOST: InterfaceFacts[] = [
  ...NAMES.flatMap((name, i) => [
    facts(`GET shop/users/${name}`, 40 - i, callers(3, i)),
    facts(`GET shop/users/${name}/orders`, 20, callers(2, i)),
    facts(`PUT shop/users/${name}`, 5, callers(2, i)),
  ]),
  facts('GET shop/users', 300, callers(40)),
  facts('GET shop/users/me', 900, callers(200)),
  facts('POST shop/users/search', 90, callers(30)),
  facts('GET shop/orders', 500, callers(90)),
  facts('POST shop/orders', 200, callers(60)),
  facts('GET shop/orders/{id}', 400, callers(90)),
  facts('GET shop/products', 700, callers(100)),
  facts('GET shop/products/{id}', 900, callers(100)),
  facts('GET shop/impressum', 90, callers(30)),
  facts('GET shop/datenschutz', 70, callers(20)),
  facts('GET shop/v1/status', 90, callers(9)),
  facts('GET shop/v2/status', 90, callers(9)),
  ...['USD', 'EUR', 'JPY', 'CNY', 'CHF'].map((code) => facts(`GET shop/rates/${code}`, 200, callers(50))),
];

const shuffled = fc.shuffledSubarray(HOST, { minLength: HOST.length });

describe('learned templates', () => {
  const learned = learnTemplates(HOST);

  test.each([
    ['GET shop/users/ann', 'GET shop/users/{name}'],
    ['GET shop/users/nobody-yet', 'GET shop/users/{name}'],
    ['GET shop/users/ann/orders', 'GET shop/users/{name}/orders'],
    ['GET shop/users/me', 'GET shop/users/me'],
    ['POST shop/users/search', 'POST shop/users/search'],
    ['GET shop/orders', 'GET shop/orders'],
    ['GET shop/orders/{id}', 'GET shop/orders/{id}'],
    ['GET shop/v2/status', 'GET shop/v2/status'],
    ['GET shop/rates/CNY', 'GET shop/rates/{name}'],
    ['GET other/users/ann', 'GET other/users/ann'],
    ['tcp 10.0.0.1:443', 'tcp 10.0.0.1:443'],
  ])('%s is %s', (raw, expected) => {
    expect(learned.of(raw)).toBe(expected);
  });

  test('are the same for any order of the facts', () => {
    const saved = learned.save();
    fc.assert(
      fc.property(shuffled, (order) => {
        expect(learnTemplates(order).save()).toEqual(saved);
      }),
      { numRuns: 20 },
    );
  });

  test('are the same from their plain JSON', () => {
    const again = templatesFrom(JSON.parse(JSON.stringify(learned.save())));
    for (const { id } of HOST) expect(again.of(id)).toBe(learned.of(id));
    expect(again.of('GET shop/users/nobody/orders')).toBe('GET shop/users/{name}/orders');
  });

  test('stay, whatever comes later', () => {
    const place = fc.constantFrom('GET shop/users/', 'GET shop/orders/', 'GET shop/', 'POST shop/rates/', 'GET shop/products/');
    const more = fc.array(
      fc.tuple(place, fc.stringMatching(/^[a-z]{3,9}$/), fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 60 })),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(more, (rows) => {
        const later = rows.map(([prefix, name, requests, many]) => facts(prefix + name, requests, callers(many)));
        const after = learnTemplates([...HOST, ...later], learned);
        for (const id of ['GET shop/users/unseen-name', 'GET shop/users/unseen-name/orders', 'GET shop/rates/XYZ', 'GET shop/users/me']) {
          expect(after.of(id)).toBe(learned.of(id));
        }
        expect(learnTemplates([], after).save()).toEqual(after.save());
      }),
      { numRuns: 20 },
    );
  });

  test('an id’s template is its own template', () => {
    for (const { id } of HOST) expect(learned.of(learned.of(id))).toBe(learned.of(id));
  });
});

describe('evidence', () => {
  const inventory = (all: readonly InterfaceFacts[]): string[] =>
    foldFacts(all, learnTemplates(all))
      .filter(isEvident)
      .map(({ id }) => id);

  test('what one scanner sweeps adds nothing and takes nothing away, whatever its names and answers', () => {
    const before = inventory(HOST);
    expect(before).toContain('GET shop/users/{name}');
    const name = fc.stringMatching(/^[a-z][a-z0-9]{2,10}$/);
    const path = fc.tuple(fc.constantFrom('', 'orders/', 'v1/', 'users/', 'zzz/'), name).map((parts) => parts.join(''));
    const sweep = fc.tuple(fc.uniqueArray(path, { minLength: 1, maxLength: 400, size: 'max' }), fc.constantFrom('GET', 'POST'));
    fc.assert(
      fc.property(sweep, ([paths, method]) => {
        // names that somebody really calls are no sweep
        const tried = paths
          .map((tail) => `${method} shop/${tail}`)
          .filter((id) => !HOST.some((known) => known.id.endsWith(id.slice(id.indexOf('/')))));
        const scanned = [...HOST, ...tried.map((id) => facts(id, 1, ['scanner'], 1))];
        const now = inventory(scanned);
        // a scanner that tries names where there are names, by a method that is used there, is one more caller
        expect(now).toEqual(before);
      }),
      { numRuns: 20 },
    );
  });

  test('unanswered requests are no evidence, however many call', () => {
    expect(inventory([facts('GET shop/wp-login.php', 5000, callers(300), 200, 0)])).toEqual([]);
    expect(inventory([facts('GET shop/{missing}', 5000, callers(300), 200, 9)])).toEqual([]);
  });

  test('a nightly job of one caller is an interface; one visit is none', () => {
    expect(isEvident(facts('POST shop/jobs/nightly', 9, ['batch'], 9))).toBe(true);
    expect(isEvident(facts('POST shop/jobs/nightly', 9, ['batch'], 1))).toBe(false);
    expect(isEvident(facts('GET shop/a', 2, callers(2), 1))).toBe(false);
    expect(isEvident(facts('GET shop/a', 2, callers(2), 2))).toBe(true);
  });

  test('100,000 names of a scanner are learned in bounded memory', () => {
    const swept = Array.from({ length: 120_000 }, (_, i) => facts(`GET shop/${(i * 2_654_435_761).toString(36)}`, 1, ['scanner'], 1));
    const templates = learnTemplates([...HOST, ...swept]);
    expect(JSON.stringify(templates.save()).length).toBeLessThan(20_000);
    expect(templates.of('GET shop/orders')).toBe('GET shop/orders');
  });
});
