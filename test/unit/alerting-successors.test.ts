import { describe, expect, it } from 'vitest';
import { createAlertStage } from '../../services/alerting/alert-stage.ts';
import { Successors } from '../../services/alerting/successors.ts';
import { DAY, HOUR } from '../../services/core/watermark.ts';
import { CONFIG, candidate, DETECTORS, latest, report, run, START } from '../support/alerting-reports.ts';

const at = (hour: number): number => START + hour * HOUR;
const OLD = 'GET shop/api/list';
const NEXT = 'GET shop/api/listNew';

/** An hour in which each of the interfaces had so many requests. */
function hour(n: number, rows: Record<string, number>) {
  return report(at(n), 'interface', [], { interfaces: Object.entries(rows).map(([id, requests]) => [id, requests, requests, 1]) });
}

function known(...hours: ReturnType<typeof hour>[]): Successors {
  const successors = new Successors();
  for (const each of hours) successors.learn(each);
  return successors;
}

describe('successors', () => {
  it('are siblings that came later and are used about as much', () => {
    const successors = known(hour(0, { [OLD]: 100 }), hour(50, { [OLD]: 20, [NEXT]: 80 }));
    expect(successors.of(OLD, at(60))).toBe(NEXT);
    expect(successors.of(NEXT, at(60))).toBeUndefined();
    expect(successors.of('GET shop/api/unknown', at(60))).toBeUndefined();
  });

  it('are not what came in the first day, long ago, elsewhere, or is hardly used', () => {
    expect(known(hour(0, { [OLD]: 100 }), hour(20, { [NEXT]: 80 })).of(OLD, at(30))).toBeUndefined();
    expect(known(hour(0, { [OLD]: 100 }), hour(50, { [NEXT]: 80 })).of(OLD, at(50) + 4 * DAY)).toBeUndefined();
    expect(known(hour(0, { [OLD]: 100 }), hour(50, { 'POST shop/api/listNew': 80 })).of(OLD, at(60))).toBeUndefined();
    expect(known(hour(0, { [OLD]: 100 }), hour(50, { 'GET shop/api/list/more': 80 })).of(OLD, at(60))).toBeUndefined();
    expect(known(hour(0, { [OLD]: 100 }), hour(50, { 'GET shop/api/{id}': 80 })).of(OLD, at(60))).toBeUndefined();
    expect(known(hour(0, { [OLD]: 100 }), hour(50, { [NEXT]: 10 })).of(OLD, at(60))).toBeUndefined();
  });

  it('of templates are found by what is before the template', () => {
    const successors = known(hour(0, { 'GET shop/goods/{id}': 100 }), hour(50, { 'GET shop/goodsPage/{id}': 90 }));
    expect(successors.of('GET shop/goods/{id}', at(60))).toBe('GET shop/goodsPage/{id}');
  });

  it('survive a restart', () => {
    const successors = known(hour(0, { [OLD]: 100 }), hour(50, { [NEXT]: 80 }));
    const restored = new Successors();
    restored.restore(JSON.parse(JSON.stringify(successors)));
    expect(restored.of(OLD, at(60))).toBe(NEXT);
    expect(restored.toJSON()).toEqual(successors.toJSON());
  });

  it('make the silence of what they replace informational, and only that', () => {
    const silent = (id: string) =>
      candidate({
        detector: 'latency',
        id,
        end: at(61),
        terms: [
          {
            feature: 'requests',
            value: 0,
            law: { kind: 'floor', mean: 200, dispersion: 0.01 },
            baseline: { scope: 'own', size: 50 },
            group: 'silence',
            weight: 1,
          },
        ],
      });
    const reports = [
      hour(0, { [OLD]: 100, 'GET shop/cart': 100 }),
      hour(50, { [OLD]: 20, [NEXT]: 80 }),
      report(at(60), 'interface', [silent(OLD)]),
      report(at(70), 'interface', [{ ...silent('GET shop/cart'), start: at(70), end: at(71), firedAt: at(71) }]),
    ];
    const { incidents } = run(createAlertStage(CONFIG, { detectors: DETECTORS, learners: [] }), reports);
    const last = new Map(latest(incidents).map((incident) => [incident.entity.id, incident]));
    expect(last.get(OLD)).toMatchObject({ severity: 'info', title: `latency on ${OLD}, replaced by ${NEXT}` });
    expect(last.get('GET shop/cart')?.severity).not.toBe('info');
  });
});
