import { describe, expect, it } from 'vitest';
import type { Term } from '../../models/evidence.ts';
import { callerKind, callerWeight, isSuspect } from '../../services/features/caller-weight.ts';
import { type HeavyCaller, namedCallers } from '../../services/scoring/named-callers.ts';

const bits = [false, true];

describe('the weight of a caller', () => {
  it('can be read back', () => {
    for (const failures of [0, 1, 7, 10])
      for (const strange of bits)
        for (const devoted of bits)
          for (const single of bits)
            for (const fresh of bits)
              for (const young of bits)
                for (const requests of [1, 2, 50, 99]) {
                  const kind = { failures, strange, devoted, single, fresh, young, requests };
                  expect(callerKind(callerWeight(kind))).toEqual(kind);
                }
  });

  it('puts who failed before who is only new, and who is new before who is only busy', () => {
    const plain = { failures: 0, strange: false, devoted: false, single: false, fresh: false, young: false, requests: 99 };
    const fresh = callerWeight({ ...plain, single: true, fresh: true, requests: 1 });
    expect(callerWeight({ ...plain, failures: 1, requests: 1 })).toBeGreaterThan(fresh);
    expect(fresh).toBeGreaterThan(callerWeight(plain));
    expect(isSuspect(fresh)).toBe(true);
    expect(isSuspect(callerWeight(plain))).toBe(false);
    // a newcomer that goes on to other things is everybody's first day
    expect(isSuspect(callerWeight({ ...plain, fresh: true, young: true }))).toBe(false);
  });
});

describe('who is named with a finding at an interface', () => {
  const plain = { failures: 0, strange: false, devoted: false, single: false, fresh: false, young: false, requests: 3 };
  const callers: HeavyCaller[] = [
    { kind: 'source', id: 'forgot', weight: callerWeight({ ...plain, failures: 9 }) },
    { kind: 'source', id: 'tried', weight: callerWeight({ ...plain, failures: 1, single: true, requests: 1 }) },
    { kind: 'account', id: 'alone', weight: callerWeight({ ...plain, single: true, fresh: true }) },
    { kind: 'account', id: 'busy', weight: callerWeight({ ...plain, requests: 80 }) },
  ];
  const term = (feature: string, value: number, usual: number): Term => ({
    feature,
    value,
    law: { kind: 'share', trials: 100, a: usual, b: 100 - usual },
    baseline: { scope: 'own', size: 10 },
    group: feature,
    weight: 1,
  });
  const names = (terms: Term[], trained = false): string[] => namedCallers(callers, terms, trained).map(({ id }) => id);

  it('is of the kind that the finding rests on', () => {
    expect(names([term('failures_6h', 60, 5)])).toEqual(['forgot', 'tried']);
    expect(names([term('fresh_single_callers_1d', 60, 5), term('failures', 12, 8)])).toEqual(['alone']);
  });

  it('and all of them weigh alike: one who fails nine times hides nobody who fails once', () => {
    const weights = namedCallers(callers, [term('failures', 60, 5)], false).map(({ weight }) => weight);
    expect(Math.min(...weights)).toBeGreaterThan(Math.max(...weights) / 4);
  });

  it('is nobody where most of the kind come on any day', () => {
    expect(names([term('single_callers_1d', 90, 50)])).toEqual([]);
    expect(names([term('single_callers_1d', 90, 20)])).toEqual(['tried', 'alone']);
  });

  it('is nobody where one or two may as well have passed by', () => {
    expect(names([term('fresh_single_callers_1d', 10, 3)])).toEqual([]);
    expect(names([term('fresh_single_callers_1d', 10, 0.5)])).toEqual(['alone']);
  });

  it('is the heaviest where it rests on no kind of caller, nor on a part of the requests', () => {
    expect(names([term('server_errors', 60, 5)])).toHaveLength(4);
  });

  it('is who can have made the requests that are odd, and nobody where a crowd made them', () => {
    expect(names([term('missing_6h', 60, 5)])).toEqual(['busy']);
    const crowd = callers.filter(({ id }) => id !== 'busy');
    expect(namedCallers(crowd, [term('run_targets', 30, 1)], false)).toEqual([]);
    // a kind of which there are somewhat more beside it are not who did it
    expect(namedCallers(crowd, [term('run_targets', 8, 2), term('single_callers_1d', 60, 10)], false).map(({ id }) => id)).toEqual([
      'tried',
      'alone',
    ]);
    expect(namedCallers(crowd, [term('run_targets', 60, 1), term('single_callers_1d', 40, 20)], false)).toEqual([]);
  });

  it('is who looks odd where a trained scorer found it', () => {
    expect(names([term('missing', 60, 5)], true)).toEqual(['forgot', 'tried', 'alone']);
  });
});
