import type { LearnedView } from '../../models/learned/feature-list.ts';
import { MINUTE } from '../core/watermark.ts';
import type { SimulatedEvent } from '../simulation/event.ts';
import type { Campaign } from '../simulation/labels.ts';

/** Panes begin on these: the finest step by which time zones differ. */
const STEP = 15 * MINUTE;
/** Fewer malicious events than this in an hour show nothing that a person could point at. */
export const LEAST_EVENTS = 3;
/** Least share of malicious events in a window that is called an attack's: of an account's, and of an interface's. */
export const LEAST_SHARE: Readonly<Record<LearnedView, number>> = { account: 0.1, interface: 0.05 };
/** Rolling windows see a campaign this long after it. */
const AFTERMATH: Readonly<Record<LearnedView, number>> = { account: 7 * 24 * 60 * MINUTE, interface: 24 * 60 * MINUTE };

/** What a window is, by the labels of its events. */
export type WindowLabel =
  | { kind: 'clean' }
  /** belongs to a campaign, but holds too little of it, or is not what the campaign is about */
  | { kind: 'unsure' }
  | { kind: 'attack'; scenario: string; campaign: string };

const CLEAN: WindowLabel = { kind: 'clean' };
const UNSURE: WindowLabel = { kind: 'unsure' };

interface Prepared {
  campaign: Campaign;
  start: number;
  end: number;
  about: Readonly<Record<LearnedView, ReadonlySet<string>>>;
  /** malicious events by key and step of time */
  events: Readonly<Record<LearnedView, Map<string, Map<number, number>>>>;
}

/**
 * Labels of one tenant's windows: takes the events as they are simulated, and says of a closed window whether it is an
 * attack's. An account's window counts its own malicious events (the address stands in for a request without account),
 * an interface's window those that reached it. Windows of an attack's people and interfaces that hold little or nothing
 * of it, during and after it, are `unsure` and teach nothing. Before a campaign everything is clean.
 */
export class WindowLabels {
  private readonly campaigns: Prepared[];
  private readonly byId: Map<string, Prepared>;

  /** @param campaigns with interfaces as Weir names them in the tenant's format */
  constructor(campaigns: readonly Campaign[]) {
    this.campaigns = campaigns.map((campaign) => ({
      campaign,
      start: Date.parse(campaign.start),
      end: Date.parse(campaign.end),
      about: { account: new Set([...campaign.accounts, ...campaign.sources]), interface: new Set(campaign.interfaces) },
      events: { account: new Map(), interface: new Map() },
    }));
    this.byId = new Map(this.campaigns.map((prepared) => [prepared.campaign.id, prepared]));
  }

  /** Takes an event before the window that it falls into is asked for. `interfaceId`: as Weir names it in the tenant's format. */
  take(event: SimulatedEvent, interfaceId: string): void {
    if (event.campaign === '') return;
    const prepared = this.byId.get(event.campaign);
    if (prepared === undefined) throw new Error(`an event belongs to campaign ${event.campaign}, which has no label`);
    count(prepared.events.account, event.account === '' ? event.address : event.account, event.at);
    count(prepared.events.interface, interfaceId, event.at);
  }

  /** @param requests events of the window in all */
  of(view: LearnedView, key: string, start: number, end: number, requests: number): WindowLabel {
    let label = CLEAN;
    for (const prepared of this.campaigns) {
      const { campaign, about, events } = prepared;
      const steps = events[view].get(key);
      const concerned = about[view].has(key);
      if (steps === undefined && !concerned) continue;
      const malicious = steps === undefined ? 0 : within(steps, start, end);
      if (concerned && malicious >= LEAST_EVENTS && malicious >= LEAST_SHARE[view] * requests)
        return { kind: 'attack', scenario: campaign.scenario.name, campaign: campaign.id };
      // a stop leaves no event behind: most of the window lies in it
      const shared = Math.min(end, prepared.end) - Math.max(start, prepared.start);
      if (concerned && view === 'interface' && campaign.scenario.name === SILENT && shared >= 0.5 * (end - start))
        return { kind: 'attack', scenario: campaign.scenario.name, campaign: campaign.id };
      const near = concerned && end > prepared.start && start < prepared.end + AFTERMATH[view];
      // whom a failing interface fails has done nothing, and is not to be named
      const bystander = !concerned && view === 'account' && about.account.size === 0;
      if (near || (malicious > 0 && !bystander)) label = UNSURE;
    }
    return label;
  }

  /** Hours of attacked keys with enough malicious events, by scenario: how much there is to be found, whatever the gate lets through. */
  attackHours(view: LearnedView, alignment: number): Map<string, number> {
    const out = new Map<string, number>();
    for (const { campaign, about, events } of this.campaigns) {
      let hours = 0;
      for (const [key, steps] of events[view]) {
        if (!about[view].has(key)) continue;
        const byHour = new Map<number, number>();
        for (const [step, n] of steps) {
          const hour = Math.floor((step * STEP - alignment) / (60 * MINUTE));
          byHour.set(hour, (byHour.get(hour) ?? 0) + n);
        }
        for (const n of byHour.values()) if (n >= LEAST_EVENTS) hours++;
      }
      out.set(campaign.scenario.name, (out.get(campaign.scenario.name) ?? 0) + hours);
    }
    return out;
  }
}

const SILENT = 'interface_silent';

function count(byKey: Map<string, Map<number, number>>, key: string, at: number): void {
  let steps = byKey.get(key);
  if (steps === undefined) byKey.set(key, (steps = new Map()));
  const step = Math.floor(at / STEP);
  steps.set(step, (steps.get(step) ?? 0) + 1);
}

function within(steps: ReadonlyMap<number, number>, start: number, end: number): number {
  let sum = 0;
  for (let step = Math.floor(start / STEP); step * STEP < end; step++) sum += steps.get(step) ?? 0;
  return sum;
}
