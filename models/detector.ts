import type { Severity, WindowSize } from '../schemas/alert.ts';
import type { Candidate } from './candidate.ts';
import type { Term } from './evidence.ts';
import type { LearnedKind } from './learned/judge.ts';
import type { ClosedMinute, ClosedWindow, View } from './windows.ts';

/**
 * A detector is a declaration: which windows of which view it looks at, which terms it weighs. One file each under
 * models/detectors/; adding one touches nothing else but the list there.
 */
export interface Detector<Baselines = unknown> {
  /** snake_case, unique, part of the alert's identity: never renamed */
  name: string;
  view: View;
  /** what the alert's window is; terms may look at several */
  window: WindowSize;
  /** for people: `{key}` is replaced by the entity */
  title: string;
  /** a title that says better what was found; `{key}` as in `title`, which holds where it is undefined */
  titleOf?(found: Candidate): string | undefined;
  /** the features that it can name, for docs and `weir doctor` */
  features: readonly string[];
  /** what the events must carry for it to see anything: column or flag names; missing ones make it blind */
  needs: readonly string[];
  /** evidence below which the window is not sent on (the gate), in decades */
  gate: number;
  /**
   * never alerts by itself and has no part of the budget: what it finds on an entity strengthens the verdicts of other
   * detectors on the same entity (models/calibration/fusion.ts)
   */
  supporting?: true;
  /** its part of the alert budget beside the others', 1 when left out: more where it is what finds most kinds of attack */
  share?: number;
  /** informational detectors explain; they are not counted against the budget and never reach `medium` */
  informational?: boolean;
  /** whether keys with these FLAG bits are looked at at all; all of the view when left out */
  applies?(flags: number): boolean;
  /** whether its verdict keeps a window from teaching the baselines; true when left out */
  quarantines?: boolean;
  /**
   * a trained scorer weighs the terms, which are the view's learned features; asked only where the baselines' evidence
   * passes the gate of learned scorers, and never without a model
   */
  learned?: LearnedKind;
  /** undefined: nothing odd in this window, or too little to say; the caller counts it as evidence 0 */
  terms(window: ClosedWindow, baselines: Baselines): Term[] | undefined;
  /**
   * Looks judge the hour while it runs (services/features/looks.ts): `terms` says of an hour that ends at a mark what it
   * would say of the whole one, and every term of it speaks no louder than the whole hour would (counts, shares, what is
   * new). Left out, and without `lookTerms`: only the hour's close judges.
   */
  looks?: true;
  /** terms of its own for looks, as for sources and targets, of which a look sees only what counts against them */
  lookTerms?(window: ClosedWindow, baselines: Baselines): Term[] | undefined;
  /** for minute panes of the same view; undefined when it does not look at minutes */
  minuteTerms?(minute: ClosedMinute, baselines: Baselines): Term[] | undefined;
  severity(evidence: number): Severity;
}
