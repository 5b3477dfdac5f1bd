import { describe, expect, it } from 'vitest';
import type { ControlRecord } from '../../services/core/control.ts';
import { identityOf, recognise } from '../../services/drivers/embedded/identity.ts';
import { type Hearable, Quiet } from '../../services/drivers/embedded/quiet.ts';
import {
  AHEAD,
  CHUNKS_PER_INPUT,
  CHUNKS_PER_WORKER,
  chooseInput,
  pinInputs,
  type Readable,
} from '../../services/drivers/embedded/scheduler.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('identity of an input', () => {
  const whole = bytes('0123456789'.repeat(500));
  const known = (length: number, tenant = 'shop') => ({ tenant, head: length, partition: identityOf(tenant, whole.subarray(0, length)) });

  it('is kept by growth and a new name, and differs by tenant', () => {
    expect(recognise('shop', whole.subarray(0, 4096), [known(37)])).toMatchObject({ head: 37 });
    expect(recognise('shop', whole.subarray(0, 36), [known(37)])).toBeUndefined();
    expect(recognise('bank', whole.subarray(0, 4096), [known(37)])).toBeUndefined();
    expect(recognise('shop', bytes('other'), [known(3)])).toBeUndefined();
  });

  it('takes the longest head that fits, and never one of no bytes', () => {
    expect(recognise('shop', whole.subarray(0, 4096), [known(10), known(4096), known(100)])).toMatchObject({ head: 4096 });
    expect(recognise('shop', whole, [known(0)])).toBeUndefined();
  });
});

describe('choice of the next input', () => {
  const input = (over: Partial<Readable & { name: string }>): Readable & { name: string } => ({
    name: '',
    tenant: 't',
    worker: 0,
    reached: 0,
    inFlight: 0,
    exhausted: false,
    ...over,
  });

  it('takes the lowest watermark first, those that have none yet before all', () => {
    expect(chooseInput([input({ name: 'b', reached: 20 }), input({ name: 'a', reached: 10 })])?.name).toBe('a');
    expect(chooseInput([input({ name: 'b', reached: 20 }), input({ name: 'new', reached: undefined })])?.name).toBe('new');
  });

  it('does not read an input whose turn has not come, though the one before it has to wait', () => {
    const first = input({ name: 'first', inFlight: CHUNKS_PER_INPUT });
    const later = input({ name: 'later', reached: AHEAD + 60_000, worker: 1 });
    expect(chooseInput([first, later])).toBeUndefined();
    expect(chooseInput([input({ ...first, exhausted: true }), later])).toBeUndefined();
    expect(chooseInput([input({ ...first, exhausted: true, inFlight: 0 }), later])?.name).toBe('later');
    expect(chooseInput([first, { ...later, tenant: 'other' }])?.name).toBe('later');
  });

  it('keeps to the credits of a worker', () => {
    const busy = input({ tenant: 'a', inFlight: CHUNKS_PER_WORKER - 1 });
    expect(chooseInput([busy, input({ name: 'one more', tenant: 'b' })])?.name).toBe('one more');
    expect(chooseInput([{ ...busy, inFlight: CHUNKS_PER_WORKER }, input({ tenant: 'b' })])).toBeUndefined();
  });

  it('spreads inputs over the workers by size', () => {
    expect(pinInputs([100, 1, 60, 50], 2)).toEqual([0, 0, 1, 1]);
    expect(new Set(pinInputs([0, 0, 0, 0], 2)).size).toBe(2);
  });
});

describe('decisions by the clock', () => {
  const MINUTE = 60_000;
  const setup = (reached: number) => {
    let clock = 1_000_000 * MINUTE;
    const quiet = new Quiet({ pollEvery: 1, idleAfter: 30_000, now: () => clock });
    const inputs: Hearable[] = ['a', 'b'].map((partition) => ({
      tenant: 't',
      partition,
      lateness: 2 * MINUTE,
      reached: clock + reached,
      exhausted: true,
    }));
    for (const input of inputs) {
      quiet.heard(input);
      quiet.parsed(input);
    }
    const after = (ms: number): ControlRecord[] => {
      clock += ms;
      return quiet.decide(inputs);
    };
    return { quiet, inputs, after, clock: () => clock };
  };

  it('calls an input idle once after its patience, and again after it has spoken', () => {
    const { quiet, inputs, after } = setup(-3 * MINUTE);
    expect(after(29_999)).toEqual([]);
    quiet.heard(inputs[1]);
    expect(after(1)).toEqual([{ kind: 'idle', tenant: 't', upstream: 'a' }]);
    expect(after(1)).toEqual([]);
    quiet.heard(inputs[0]);
    expect(after(30_000).filter((record) => record.kind === 'idle')).toHaveLength(2);
  });

  it('lets the time of a live tenant go on when all its inputs are quiet, by whole minutes, never back', () => {
    const { after, clock } = setup(-3 * MINUTE);
    const first = after(30_000).filter((record) => record.kind === 'silence');
    expect(first).toEqual([{ kind: 'silence', tenant: 't', time: Math.floor((clock() - 2 * MINUTE) / MINUTE) * MINUTE }]);
    expect(after(10_000).filter((record) => record.kind === 'silence')).toEqual([]);
    expect(after(MINUTE).filter((record) => record.kind === 'silence')).toHaveLength(1);
  });

  it('leaves a tenant alone whose events are old when they come: a replay is not live', () => {
    const { after } = setup(-26 * 60 * MINUTE);
    expect(after(10 * 60 * MINUTE).map((record) => record.kind)).toEqual(['idle', 'idle']);
  });
});
