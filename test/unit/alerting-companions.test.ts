import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../models/candidate.ts';
import { Companions } from '../../services/alerting/companions.ts';

const HOUR = 3_600_000;

function candidate(over: Partial<Candidate>): Candidate {
  return {
    detector: 'account_takeover',
    view: 'account',
    entity: { kind: 'account', id: 'a' },
    start: 0,
    end: HOUR,
    size: '1h',
    firedAt: HOUR,
    terms: [],
    evidence: 5,
    flags: 0,
    identity: { origin: 'token', confidence: 1 },
    related: [],
    actors: [],
    actorCount: 0,
    samples: [],
    provisional: false,
    ...over,
  };
}

const atInterface = (actors: string[], over: Partial<Candidate> = {}): Candidate =>
  candidate({
    detector: 'learned_interface',
    view: 'interface',
    entity: { kind: 'interface', id: 'POST h/pay' },
    actors: actors.map((id) => ({ kind: 'account', id, weight: 1 })),
    actorCount: actors.length,
    ...over,
  });

describe('the other side of the same events', () => {
  it('is the interface that leads an account, and the few accounts behind an interface', () => {
    const companions = new Companions();
    const account = candidate({ related: [{ kind: 'interface', id: 'POST h/pay' }] });
    const seen = atInterface(['a']);
    companions.note('account a', account, 0.05);
    companions.note('interface POST h/pay', seen, 0.02);
    expect(companions.linked(account).map(({ detector }) => detector)).toEqual(['learned_interface']);
    expect(companions.linked(seen).map(({ detector }) => detector)).toEqual(['account_takeover']);
    // nothing of its own side
    expect(companions.of('account a', account)).toEqual([]);
  });

  it('is nobody where many call, where the time is another, and for sources', () => {
    const companions = new Companions();
    companions.note('account a', candidate({}), 0.05);
    expect(companions.linked(atInterface(['a', 'b', 'c', 'd']))).toEqual([]);
    expect(companions.linked(atInterface(['a'], { actorCount: 40 }))).toEqual([]);
    expect(companions.linked(atInterface(['a'], { start: 40 * HOUR, end: 41 * HOUR }))).toEqual([]);
    expect(companions.linked(candidate({ view: 'source', related: [{ kind: 'interface', id: 'POST h/pay' }] }))).toEqual([]);
  });
});
