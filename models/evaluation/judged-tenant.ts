import type { IncidentRecord } from '../../schemas/alert.ts';
import type { LabelledBenign, LabelledCampaign } from './campaign.ts';
import type { RuleOutcome } from './compare.ts';
import type { JudgedAlert } from './incidents.ts';

/** What only who made the traffic can tell of a campaign. */
export interface CampaignTraffic {
  /** ms UTC of its labelled events, in order */
  times: Float64Array;
  /** its events by all of its tenant from its start to its end, an hour at least */
  share: number;
  /** the share that it was made for; undefined: it was made by intensity */
  wanted?: number;
  /** an hourly z-score of its interfaces sees it; undefined where its events only change ordinary ones */
  seenByZ: boolean | undefined;
}

/** One tenant's run under one budget with its labels: what an evaluation is made of. */
export interface JudgedTenant {
  tenant: string;
  kind: string | undefined;
  /** seed of the evaluation that the tenant was drawn from */
  seed: number | undefined;
  /** ms UTC of its input */
  start: number;
  end: number;
  /** events of its log; 0 unknown */
  events: number;
  /** the last revisions */
  incidents: IncidentRecord[];
  alerts: JudgedAlert[];
  volume: { alerts: number; incidents: number; revisions: number };
  /** with targets as they are stored */
  campaigns: readonly LabelledCampaign[];
  benign: readonly LabelledBenign[];
  /** by campaign id */
  traffic?: ReadonlyMap<string, CampaignTraffic>;
  /** largest |bias + contributions − score| of its alerts; undefined where the records were not at hand */
  explanationError?: number;
  /** what plain rules made of the same events, by the rule's name and at each factor of compare.ts */
  comparators?: ReadonlyMap<string, readonly RuleOutcome[]>;
}

/** One run over tenants: all under one alert budget. */
export interface JudgedRun {
  /** false incidents a tenant and day that were configured; undefined: not known */
  budget: number | undefined;
  tenants: readonly JudgedTenant[];
}

export function daysOf({ start, end }: { start: number; end: number }): number {
  return (end - start) / 86_400_000;
}
