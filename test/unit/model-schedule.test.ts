import { describe, expect, it } from 'vitest';
import type { LearnedModels } from '../../models/learned/learned-models.ts';
import { ModelSchedule } from '../../services/scoring/model-schedule.ts';

const bundle = (version: string): LearnedModels =>
  ({ version, lists: {}, usual: { account: {}, interface: {} }, judge: () => undefined }) as unknown as LearnedModels;
const MODELS = new Map(['1', '2', '3'].map((version) => [version, bundle(version)]));
const versions = ({ champion, challenger }: ReturnType<ModelSchedule['at']>) => [champion?.version ?? '', challenger?.version ?? ''];

describe('which bundle judges a window', () => {
  const switches = [
    { tenant: '*', from: 0, champion: '1', challenger: '' },
    { tenant: '*', from: 1000, champion: '2', challenger: '1' },
    { tenant: 'shop', from: 500, champion: '3', challenger: '' },
  ];

  it('is a function of the start alone: the last switch at or before it', () => {
    const schedule = new ModelSchedule(MODELS, switches);
    expect(versions(schedule.at('bank', -1))).toEqual(['', '']);
    expect(versions(schedule.at('bank', 999))).toEqual(['1', '']);
    expect(versions(schedule.at('bank', 1000))).toEqual(['2', '1']);
    expect(versions(schedule.at('bank', 5))).toEqual(['1', '']);
  });

  it('follows the switches of a tenant that has its own, and nothing else', () => {
    const schedule = new ModelSchedule(MODELS, switches);
    expect(versions(schedule.at('shop', 499))).toEqual(['', '']);
    expect(versions(schedule.at('shop', 2000))).toEqual(['3', '']);
  });

  it('is not changed by being told again', () => {
    const once = new ModelSchedule(MODELS, switches);
    const again = new ModelSchedule(MODELS, switches);
    for (const entry of [...switches].reverse()) again.add(entry);
    for (const tenant of ['shop', 'bank']) {
      for (const start of [-1, 0, 499, 500, 999, 1000, 9999])
        expect(versions(again.at(tenant, start))).toEqual(versions(once.at(tenant, start)));
    }
  });

  it('goes back to the one before by another switch', () => {
    const schedule = new ModelSchedule(MODELS, [...switches, { tenant: '*', from: 2000, champion: '1', challenger: '' }]);
    expect(versions(schedule.at('bank', 1999))).toEqual(['2', '1']);
    expect(versions(schedule.at('bank', 2000))).toEqual(['1', '']);
  });

  it('refuses a version that was not loaded, naming those that were', () => {
    expect(() => new ModelSchedule(MODELS, [{ tenant: '*', from: 0, champion: '9', challenger: '' }])).toThrow(
      'model version 9 is not loaded; known here: 1, 2, 3',
    );
  });
});
