import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { HARD_NEGATIVES } from '../../services/simulation/benign/list.ts';
import { evaluationPlans } from '../../services/simulation/evaluation-plans.ts';
import type { SimulatedEvent, SimulatedRequest } from '../../services/simulation/event.ts';
import { targetId } from '../../services/simulation/labels.ts';
import type { TenantKind, TenantPlan } from '../../services/simulation/plan.ts';
import { findScenario, SCENARIOS } from '../../services/simulation/scenarios/list.ts';
import { buildWorld, labels, simulate, simulateTenant, simulateWorld, unmet } from '../../services/simulation/simulate.ts';
import { tenantPlan } from '../../services/simulation/tenant-plan.ts';

const SMALL: Record<TenantKind, { accounts: number; eventsPerDay: number }> = {
  consumer: { accounts: 400, eventsPerDay: 3000 },
  partners: { accounts: 15, eventsPerDay: 2000 },
  office: { accounts: 60, eventsPerDay: 2500 },
  network: { accounts: 40, eventsPerDay: 2500 },
};
const KINDS = Object.keys(SMALL) as TenantKind[];

function plan(kind: TenantKind, seed: number, options: Parameters<typeof tenantPlan>[2] = {}): TenantPlan {
  return tenantPlan(kind, seed, { days: 3, ...SMALL[kind], ...options });
}

function scenariosOf(kind: TenantKind, days: number): { scenario: string }[] {
  return SCENARIOS.filter((one) => one.kinds.includes(kind) && one.days <= days).map((one) => ({ scenario: one.name }));
}

describe('simulated traffic', () => {
  it.each(KINDS)('is the same for the same seed and another for another (%s)', (kind) => {
    const options = { scenarios: scenariosOf(kind, 3), hardNegatives: 'all' as const };
    const digest = (seed: number): string => {
      const hash = createHash('sha256');
      for (const event of simulateTenant(plan(kind, seed, options))) hash.update(JSON.stringify(event));
      return hash.digest('hex');
    };
    expect(digest(7)).toBe(digest(7));
    expect(digest(7)).not.toBe(digest(8));
  });

  it.each(KINDS)('comes in the order of time, within the plan (%s)', (kind) => {
    const made = plan(kind, 3, { scenarios: scenariosOf(kind, 3), hardNegatives: 'all' });
    let last = made.start;
    let count = 0;
    for (const event of simulateTenant(made)) {
      const whole = Number.isInteger(event.at) && Number.isInteger(event.duration) && event.duration >= 0;
      if (event.at < last || !whole) throw new Error(`out of order or not whole: ${JSON.stringify(event)}`);
      last = event.at;
      count++;
    }
    expect(last).toBeLessThan(made.start + 3 * 86_400_000);
    expect(count).toBeGreaterThan(2000);
  });

  it('merges tenants by time', () => {
    const tenants = [plan('consumer', 1, { days: 1 }), plan('office', 1, { days: 1 })];
    let last = 0;
    const seen = new Set<string>();
    for (const event of simulate({ tenants })) {
      if (event.at < last) throw new Error(`out of order: ${JSON.stringify(event)}`);
      last = event.at;
      seen.add(event.tenant);
    }
    expect([...seen].sort()).toEqual(['consumer-1', 'office-1']);
  });

  it.each(KINDS)('keeps roughly the rate of its plan on a working day (%s)', (kind) => {
    for (const seed of [1, 2, 3, 4]) {
      const made = plan(kind, seed, { days: 5 });
      const perDay = [...simulateTenant(made)].length / 5;
      expect(perDay).toBeGreaterThan(made.eventsPerDay * 0.35);
      expect(perDay).toBeLessThan(made.eventsPerDay * 2);
    }
  });

  it('keeps it where many machines share a small rate, so that a trial of a few hours sees none of them', () => {
    let events = 0;
    for (const _ of simulateTenant(tenantPlan('partners', 912_002, { accounts: 800, eventsPerDay: 12_000, days: 1 })))
      if (++events > 60_000) break;
    expect(events).toBeLessThan(36_000);
  });

  it('has the seasons of people: nights are quiet, offices rest on weekends', () => {
    const made = plan('office', 5, { days: 7, time_zone: 'Europe/Berlin' });
    const byDay = new Array<number>(7).fill(0);
    for (const event of simulateTenant(made)) byDay[Math.floor((event.at + 3_600_000 - made.start) / 86_400_000)]++;
    const week = byDay.slice(0, 5).reduce((sum, value) => sum + value, 0) / 5;
    expect((byDay[5] + byDay[6]) / 2).toBeLessThan(week * 0.6);
  });

  it('leaves the ordinary traffic as it is when a campaign is added', () => {
    const key = (event: SimulatedEvent): string => JSON.stringify(event);
    const before = new Set([...simulateTenant(plan('consumer', 4))].map(key));
    const after = [
      ...simulateTenant(plan('consumer', 4, { scenarios: [{ scenario: 'credential_stuffing' }, { scenario: 'slow_stuffing' }] })),
    ].filter((event) => event.campaign === '');
    expect(after.length).toBe(before.size);
    expect(after.every((event) => before.has(key(event)))).toBe(true);
  });
});

describe('labels', () => {
  it.each(KINDS)('say of every labelled event what it is (%s)', (kind) => {
    const days = 15;
    const made = plan(kind, 11, { days, scenarios: scenariosOf(kind, days), hardNegatives: 'all', eventsPerDay: 800 });
    const world = buildWorld(made);
    const campaigns = new Map(
      world.strands.flatMap((strand) => (strand.campaign === undefined ? [] : [[strand.campaign.id, strand.campaign]])),
    );
    const notes = new Map(world.strands.flatMap((strand) => (strand.note === undefined ? [] : [[strand.note.id, strand.note]])));
    expect(campaigns.size).toBe(made.scenarios.length);
    expect(notes.size).toBe(made.hardNegatives.length);
    const counted = new Map<string, number>();
    const sets = new Map(
      [...campaigns.values()].map((one) => [
        one.id,
        {
          interfaces: new Set([...one.interfaces, ...one.side_interfaces]),
          accounts: new Set(one.accounts),
          sources: new Set(one.sources),
          targets: new Set(one.targets),
        },
      ]),
    );
    for (const event of simulateWorld(world)) {
      if (event.campaign === '') continue;
      const campaign = campaigns.get(event.campaign);
      if (campaign === undefined) throw new Error(`no campaign ${event.campaign}`);
      counted.set(campaign.id, (counted.get(campaign.id) ?? 0) + 1);
      const within = event.at >= Date.parse(campaign.start) && (campaign.events === 0 || event.at <= Date.parse(campaign.end));
      const labelled = sets.get(campaign.id);
      const belongs =
        labelled !== undefined &&
        (labelled.interfaces.size === 0 || labelled.interfaces.has(event.interface)) &&
        (campaign.accounts.length === 0 || event.account === '' || labelled.accounts.has(event.account)) &&
        (campaign.sources.length === 0 || labelled.sources.has(event.address)) &&
        (campaign.targets.length === 0 || event.target === '' || labelled.targets.has(event.target));
      if (!within || !belongs) throw new Error(`not as labelled: ${JSON.stringify(event)}`);
    }
    for (const campaign of campaigns.values()) {
      if (campaign.events > 0) expect(counted.get(campaign.id)).toBe(campaign.events);
      const named = campaign.interfaces.length + campaign.accounts.length + campaign.sources.length + campaign.targets.length;
      expect(named).toBeGreaterThan(0);
    }
    expect(labels({ tenants: [made] }).campaigns).toEqual([...campaigns.values()]);
  });

  it('cover every scenario and every hard negative of the tables', () => {
    const numbers = new Set(SCENARIOS.map((one) => one.number));
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, i) => i + 1));
    expect(new Set(SCENARIOS.map((one) => one.name)).size).toBe(SCENARIOS.length);
    expect(HARD_NEGATIVES.length).toBeGreaterThanOrEqual(17);
  });

  it('give a target the id under which it is stored', () => {
    const key = Uint32Array.from([0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c]);
    // reference vectors of SipHash-2-4: the messages '' and the byte 0
    expect(targetId(key, '')).toBe('726fdb47dd0e0e31');
    expect(targetId(key, '\u0000')).toBe('74f839c593dc67fd');
  });
});

describe('intensity', () => {
  it.each(KINDS)('a stronger campaign has at least as many events (%s)', (kind) => {
    const days = 15;
    const sizes = (intensity: number): Map<string, number> => {
      const scenarios = scenariosOf(kind, days).map((one) => ({ ...one, intensity }));
      const world = buildWorld(plan(kind, 21, { days, eventsPerDay: 800, scenarios }));
      return new Map(
        world.strands.flatMap((strand) => (strand.campaign === undefined ? [] : [[strand.campaign.scenario.name, strand.campaign.events]])),
      );
    };
    const [third, one, three] = [sizes(1 / 3), sizes(1), sizes(3)];
    for (const [name, events] of one) {
      const [less, more] = [third.get(name) ?? 0, three.get(name) ?? 0];
      expect({ name, rising: less <= events && events <= more && (events === 0 || less < more) }).toEqual({ name, rising: true });
    }
  });

  it.each(['consumer', 'partners', 'office'] as const)('a share of the traffic is that share while the campaign lasts (%s)', (kind) => {
    const share = 0.01;
    const names = ['slow_stuffing', 'account_enumeration', 'scraping_cohort', 'marketing_fraud'].filter((name) =>
      findScenario(name).kinds.includes(kind),
    );
    for (const [i, scenario] of names.entries()) {
      const world = buildWorld(plan(kind, 31 + i, { days: 8, eventsPerDay: 20_000, accounts: 300, scenarios: [{ scenario, share }] }));
      const campaign = world.strands[0].campaign;
      if (campaign === undefined) throw new Error('no campaign');
      const days = (Date.parse(campaign.end) - Date.parse(campaign.start)) / 86_400_000;
      const ratio = campaign.events / (share * 20_000 * days);
      expect({ scenario, near: ratio > 0.6 && ratio < 1.7 }).toEqual({ scenario, near: true });
    }
  });

  it('a campaign that adds no events has no share', () => {
    expect(() => buildWorld(plan('consumer', 5, { days: 8, scenarios: [{ scenario: 'interface_slow', share: 0.01 }] }))).toThrow(
      /interface_slow adds no events/,
    );
    expect(() => plan('consumer', 5, { days: 8, scenarios: [{ scenario: 'slow_stuffing', share: 2 }] })).toThrow(
      /share of slow_stuffing is 2/,
    );
  });

  it('a failing, silent, slow or larger interface changes more of its traffic', () => {
    const changed = (name: string, intensity: number, measure: (event: SimulatedRequest) => number): number => {
      const made = plan('consumer', 9, {
        scenarios: [{ scenario: name, intensity, at: Date.UTC(2026, 2, 3, 6) }],
        time_zone: 'Europe/Berlin',
      });
      const world = buildWorld(made);
      const campaign = world.strands[0].campaign;
      if (campaign === undefined) throw new Error('no campaign');
      let sum = 0;
      for (const event of simulateWorld(world)) {
        const within = event.at >= Date.parse(campaign.start) && event.at < Date.parse(campaign.end);
        if (event.kind === 'request' && within && event.interface === campaign.interfaces[0]) sum += measure(event);
      }
      return sum;
    };
    const failing = (event: SimulatedRequest): number => (event.status >= 500 ? 1 : 0);
    expect(changed('interface_failing', 0.2, failing)).toBeLessThan(changed('interface_failing', 1, failing));
    expect(changed('interface_silent', 1, () => 1)).toBeLessThanOrEqual(changed('interface_silent', 0.2, () => 1));
    expect(changed('interface_slow', 0.2, (event) => event.duration)).toBeLessThan(changed('interface_slow', 1, (event) => event.duration));
    expect(changed('interface_larger', 0.2, (event) => event.bytesOut)).toBeLessThan(
      changed('interface_larger', 1, (event) => event.bytesOut),
    );
  });
});

describe('trouble of an interface', () => {
  it.each([true, false])('is labelled where requests meet it: %s', (called) => {
    const world = buildWorld(plan('consumer', 9, { scenarios: [{ scenario: 'interface_silent', at: Date.UTC(2026, 2, 3, 6) }] }));
    const strand = world.strands.find(({ met }) => met !== undefined);
    const campaign = strand?.campaign;
    if (strand?.met === undefined || campaign === undefined) throw new Error('no campaign');
    // nobody calls it at all
    if (!called) world.strands.unshift({ touch: (event) => event.interface !== campaign.interfaces[0] });
    let left = 0;
    for (const event of simulateWorld(world)) left += event.campaign === campaign.id ? 1 : 0;
    expect(left).toBe(0);
    expect(strand.met() > 8).toBe(called);
    expect([...unmet(world)]).toEqual(called ? [] : [campaign.id]);
  });
});

describe('plans', () => {
  it('for evaluation bring every scenario equally often, after a clean time', () => {
    const plans = evaluationPlans({ kinds: ['consumer', 'office'], tenants: 18, days: 14, seed: 5, intensities: [1, 1 / 3] });
    expect(plans).toHaveLength(36);
    expect(new Set(plans.map((one) => one.name)).size).toBe(36);
    const times = new Map<string, number>();
    for (const one of plans) {
      expect(one.scenarios.length).toBe(3);
      expect(new Set(one.scenarios.map((request) => request.scenario)).size).toBe(3);
      for (const request of one.scenarios) {
        const name = `${one.kind} ${request.scenario}`;
        times.set(name, (times.get(name) ?? 0) + 1);
        expect(request.at).toBeGreaterThan(one.start + 3 * 86_400_000);
        expect(request.at).toBeLessThan(one.start + 14 * 86_400_000);
      }
    }
    for (const kind of ['consumer', 'office']) {
      const counts = [...times].filter(([name]) => name.startsWith(kind)).map(([, count]) => count);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    }
  });

  it('refuse what does not exist or does not suit, and say what does', () => {
    expect(() => tenantPlan('consumer', 1, { scenarios: [{ scenario: 'nonsense' }] })).toThrow(
      /no scenario "nonsense"; there are: credential_stuffing/,
    );
    expect(() => tenantPlan('consumer', 1, { scenarios: [{ scenario: 'beaconing' }] })).toThrow(/only in: network/);
    expect(() => tenantPlan('office', 1, { days: 3, scenarios: [{ scenario: 'baseline_poisoning' }] })).toThrow(
      /at least 14 days, the plan has 3/,
    );
    expect(() => tenantPlan('consumer', 1, { scenarios: [{ scenario: 'scraping', intensity: 0 }] })).toThrow(/intensity of scraping is 0/);
    expect(() => tenantPlan('consumer', 1, { hardNegatives: ['nonsense'] })).toThrow(/no hard negative/);
  });
});
