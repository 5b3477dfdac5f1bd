import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR } from '../../services/core/watermark.ts';
import { ALL_TENANTS, decideSwitch, type SwitchEntry, scheduleOf, switchesOf } from '../../services/state/model-switches.ts';

const TENANTS = ['shop', 'bank'];
const step = fc.record({
  by: fc.constantFrom('promote', 'challenge', 'rollback', 'retire'),
  version: fc.constantFrom('', '1', '2', '3'),
  tenant: fc.constantFrom(ALL_TENANTS, ...TENANTS),
  /** hours after the earliest time; undefined: the default */
  later: fc.option(fc.nat(5), { nil: undefined }),
  /** half hours by which each tenant goes on before */
  passed: fc.tuple(fc.nat(4), fc.nat(4)),
});

/** Who judges a window, told by reading the journal from its first line: each entry holds from its time on, whatever stood there. */
function judge(entries: readonly SwitchEntry[], tenant: string, start: number): string {
  let judged = ' ';
  for (const entry of entries) {
    if ((entry.tenant === tenant || entry.tenant === ALL_TENANTS) && start >= entry.from) judged = `${entry.champion} ${entry.challenger}`;
  }
  return judged;
}

function bySchedule(entries: readonly SwitchEntry[], tenant: string, start: number): string {
  const list = switchesOf(entries);
  const own = list.filter((entry) => entry.tenant === tenant);
  const last = (own.length > 0 ? own : list.filter((entry) => entry.tenant === ALL_TENANTS)).findLast(({ from }) => from <= start);
  return `${last?.champion ?? ''} ${last?.challenger ?? ''}`;
}

describe('switches', () => {
  it('never change who judged a window that was judged, and mean what the journal says', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let entries: SwitchEntry[] = [];
        const judged: Record<string, number> = {};
        const told = new Map<string, string>();
        for (const { by, version, tenant, later, passed } of steps) {
          TENANTS.forEach((name, i) => {
            const before = judged[name] ?? 0;
            judged[name] = before + (passed[i] * HOUR) / 2;
            for (let start = Math.ceil(before / HOUR) * HOUR; start < judged[name]; start += HOUR)
              told.set(`${name} ${start}`, judge(entries, name, start));
          });
          const reached = tenant === ALL_TENANTS ? Math.max(...Object.values(judged)) : judged[tenant];
          const from = later === undefined ? undefined : Math.ceil(reached / HOUR) * HOUR + later * HOUR;
          try {
            const entry = decideSwitch(entries, { by, version, tenant, from }, judged);
            entries = [...entries, { number: entries.length + 1, recorded_at: '', ...entry }];
          } catch {
            // a wish that changes nothing
          }
          for (const [window, who] of told) {
            const [name, start] = window.split(' ');
            expect(judge(entries, name, Number(start))).toBe(who);
          }
          for (const name of [...TENANTS, 'other']) {
            for (let start = -HOUR; start < 40 * HOUR; start += HOUR)
              expect(bySchedule(entries, name, start)).toBe(judge(entries, name, start));
            const times = scheduleOf(entries, name).map((entry) => entry.from);
            expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
