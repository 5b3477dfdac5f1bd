import { describe, expect, it } from 'vitest';
import type { ScoreReport, ShadowScore } from '../../models/candidate.ts';
import { packReport, TOP_SHADOWS } from '../../models/candidate.ts';
import { createAlertStage } from '../../services/alerting/alert-stage.ts';
import type { Emit } from '../../services/core/stage.ts';
import { HOUR } from '../../services/core/watermark.ts';
import { CONFIG, DETECTORS, report, START } from '../support/alerting-reports.ts';

const create = () => createAlertStage({ ...CONFIG, upstreams: 2 }, { detectors: DETECTORS, learners: [] });
const score = (id: string, championEvidence: number, challengerEvidence: number, hour = 9): ShadowScore => ({
  detector: 'volume',
  entity: { kind: 'account', id },
  start: START + hour * HOUR,
  end: START + (hour + 1) * HOUR,
  champion: '1',
  challenger: '2',
  championEvidence,
  challengerEvidence,
});
const withShadow = (hour: number, shadow: ShadowScore[]): Uint8Array =>
  packReport({ ...report(START + hour * HOUR, 'account', []), shadow } as ScoreReport);
const shadowsOf = (emits: Emit[]): ShadowScore[] => emits.flatMap((emit) => (emit.output === 'shadow' ? emit.value : []));
const close = (stage: ReturnType<typeof create>, hour: number, provisional = false): Emit[] =>
  ['account-0', 'merge-0'].flatMap((upstream) =>
    stage.control({
      kind: 'watermark',
      tenant: 'shop',
      upstream,
      upstreams: 2,
      time: START + (hour + 1) * HOUR,
      ...(provisional ? { provisional } : {}),
    }),
  );

describe('shadow scores', () => {
  const all = Array.from({ length: 100 }, (_, i) => score(`a${i}`, i % 7, (i * 13) % 11));

  it('wait for their pane, and are the strongest of all tasks for any split of the keys', () => {
    const whole = create();
    expect(shadowsOf(whole.process(withShadow(9, all)))).toEqual([]);
    const together = shadowsOf(close(whole, 9));
    expect(together).toHaveLength(TOP_SHADOWS);
    const parts = create();
    parts.process(withShadow(9, all.filter((_, i) => i % 3 === 0).reverse()));
    parts.process(
      withShadow(
        9,
        all.filter((_, i) => i % 3 !== 0),
      ),
    );
    expect(shadowsOf(close(parts, 9))).toEqual(together);
    const weakest = Math.min(...together.map((one) => Math.max(one.championEvidence, one.challengerEvidence)));
    const left = all.filter((one) => !together.some(({ entity }) => entity.id === one.entity.id));
    expect(Math.max(...left.map((one) => Math.max(one.championEvidence, one.challengerEvidence)))).toBeLessThanOrEqual(weakest);
  });

  it('come through a snapshot', () => {
    const stage = create();
    stage.process(withShadow(9, all.slice(0, 5)));
    const restored = create();
    restored.restore(stage.snapshot());
    expect(shadowsOf(close(restored, 9))).toEqual(shadowsOf(close(stage, 9)));
  });

  it('are not told of panes that may be replaced', () => {
    const stage = create();
    stage.process(withShadow(9, [score('a', 5, 6)]));
    stage.process(withShadow(10, [score('a', 7, 6, 10)]));
    expect(shadowsOf(close(stage, 9)).map(({ start }) => start)).toEqual([START + 9 * HOUR]);
    expect(shadowsOf(close(stage, 10, true))).toEqual([]);
  });
});
