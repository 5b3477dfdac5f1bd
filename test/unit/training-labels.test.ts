import { describe, expect, it } from 'vitest';
import type { SimulatedEvent } from '../../services/simulation/event.ts';
import type { Campaign } from '../../services/simulation/labels.ts';
import { WindowLabels } from '../../services/training/window-labels.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 2);
const at = (hour: number): number => START + hour * HOUR;

function campaign(parts: Partial<Campaign> & { name?: string }): Campaign {
  return {
    id: 'c1',
    tenant: 't',
    scenario: { number: 5, name: parts.name ?? 'scraping' },
    intensity: 1,
    start: new Date(at(10)).toISOString(),
    end: new Date(at(13)).toISOString(),
    interfaces: ['GET h/items/{id}'],
    side_interfaces: ['GET h/list'],
    targets: [],
    accounts: ['mallory'],
    sources: ['203.0.113.7'],
    events: 10,
    ...parts,
  };
}

function event(hour: number, account: string, of = 'c1'): SimulatedEvent {
  return { kind: 'request', at: at(hour), account, address: '203.0.113.7', campaign: of } as SimulatedEvent;
}

function labelled(events: [hour: number, account: string, id: string, n: number][], of = campaign({})): WindowLabels {
  const labels = new WindowLabels([of]);
  for (const [hour, account, id, n] of events) for (let i = 0; i < n; i++) labels.take(event(hour, account), id);
  return labels;
}

describe('labels of windows', () => {
  const labels = labelled([
    [10.2, 'mallory', 'GET h/items/{id}', 20],
    [11.4, 'mallory', 'GET h/items/{id}', 2],
    [12.9, '', 'GET h/items/{id}', 5],
    [10.6, 'mallory', 'GET h/list', 8],
  ]);
  const of = (view: 'account' | 'interface', key: string, hour: number, requests: number): string =>
    labels.of(view, key, at(hour), at(hour + 1), requests).kind;

  it('call an account window an attack by its own malicious events', () => {
    expect(labels.of('account', 'mallory', at(10), at(11), 40)).toEqual({ kind: 'attack', scenario: 'scraping', campaign: 'c1' });
    expect(of('account', 'mallory', 10, 1000)).toBe('unsure');
    expect(of('account', 'mallory', 11, 4)).toBe('unsure');
  });

  it('let the address stand for a request without an account', () => {
    expect(of('account', '203.0.113.7', 12, 5)).toBe('attack');
  });

  it('call an interface window an attack by the share of malicious events, and a side interface never', () => {
    expect(of('interface', 'GET h/items/{id}', 10, 100)).toBe('attack');
    expect(of('interface', 'GET h/items/{id}', 10, 10_000)).toBe('unsure');
    expect(of('interface', 'GET h/list', 10, 10)).toBe('unsure');
    expect(of('interface', 'GET h/list', 12, 10)).toBe('clean');
  });

  it('leave the past clean, and what follows unsure', () => {
    expect(of('account', 'mallory', 5, 40)).toBe('clean');
    expect(of('account', 'mallory', 40, 40)).toBe('unsure');
    expect(of('account', 'alice', 11, 40)).toBe('clean');
    expect(of('interface', 'GET h/items/{id}', 5, 40)).toBe('clean');
    expect(of('interface', 'GET h/items/{id}', 30, 40)).toBe('unsure');
    expect(of('interface', 'GET h/items/{id}', 60, 40)).toBe('clean');
  });

  it('follow windows that begin off the full hour, as in a zone half an hour away', () => {
    expect(labels.of('account', 'mallory', at(9.5), at(10.5), 20).kind).toBe('attack');
    expect(labels.of('account', 'mallory', at(9), at(10), 20).kind).toBe('clean');
  });

  it('take the hours of a silent interface by the time of the campaign', () => {
    const silent = new WindowLabels([campaign({ name: 'interface_silent', accounts: [], sources: [], events: 0 })]);
    expect(silent.of('interface', 'GET h/items/{id}', at(11), at(12), 0).kind).toBe('attack');
    expect(silent.of('interface', 'GET h/items/{id}', at(9.2), at(10.2), 0).kind).toBe('unsure');
  });

  it('hold nothing against those whom a failing interface fails', () => {
    const failing = labelled([[10.5, 'alice', 'GET h/items/{id}', 9]], campaign({ name: 'interface_failing', accounts: [], sources: [] }));
    expect(failing.of('account', 'alice', at(10), at(11), 9).kind).toBe('clean');
    expect(failing.of('interface', 'GET h/items/{id}', at(10), at(11), 9).kind).toBe('attack');
  });
});
