import { describe, expect, it } from 'vitest';
import { afterCrash, type Suspects, stillOpen } from '../../services/state/suspects.ts';

const crash = (from: number, to: number, single = false, partition = 'p') => ({ partition, from, to, single });

describe('records that stop the program', () => {
  it('a crash inside the suspected stretch narrows it; the third one of a single record makes it skipped', () => {
    let state: Suspects = { skips: [] };
    state = afterCrash(state, crash(0, 1000));
    expect(state.suspect).toMatchObject({ from: 0, to: 1000, crashes: 1 });
    state = afterCrash(state, crash(300, 340, true));
    expect(state.suspect).toMatchObject({ from: 300, to: 340, crashes: 2 });
    state = afterCrash(state, crash(300, 340, true));
    expect(state).toEqual({ skips: [{ partition: 'p', offset: 300 }] });
  });

  it('a crash elsewhere is a new matter and takes nothing back', () => {
    const skips = [{ partition: 'p', offset: 7 }];
    const state = afterCrash({ suspect: { ...crash(0, 100), crashes: 2 }, skips }, crash(50, 200));
    expect(state).toEqual({ suspect: { ...crash(50, 200), crashes: 1 }, skips });
    expect(afterCrash(state, crash(50, 100, false, 'q')).suspect).toMatchObject({ partition: 'q', crashes: 1 });
  });

  it('what lies behind a committed cut is forgotten', () => {
    const state: Suspects = {
      suspect: { ...crash(50, 100), crashes: 1 },
      skips: [
        { partition: 'p', offset: 40 },
        { partition: 'q', offset: 40 },
      ],
    };
    expect(stillOpen(state, (partition) => (partition === 'p' ? 99 : 41))).toEqual({ suspect: state.suspect, skips: [] });
    expect(stillOpen(state, (partition) => (partition === 'p' ? 100 : undefined))).toEqual({ skips: [{ partition: 'q', offset: 40 }] });
  });
});
