import type { WindowSize } from '../../schemas/alert.ts';
import type { ByteReader, ByteWriter } from '../core/codec.ts';

const HOUR = 3_600_000;
/** Hours of quiet after which a lasting condition counts as over, by window size: what comes back at the same hour each day lasts. */
const QUIET_HOURS: Record<WindowSize, number> = { '1m': 1, '1h': 26, '6h': 26, '1d': 26, '3d': 48, '7d': 72 };
/** Evidence below this share of the gate ends a condition: a gap between the two keeps it from flickering. */
export const CLEAR_SHARE = 0.6;
/** Decades by which evidence must have grown for the same window to be sent again, and for a later hour of the same condition. */
const GROWTH_SAME = 0.25;
const GROWTH_LATER = 0.5;
/** Detectors a view can have. */
const WIDTH = 64;

interface Firing {
  /** start of the window as it first fired: the alert's identity */
  start: number;
  /** highest evidence sent so far */
  best: number;
  /** end of the last pane in which the condition still held */
  last: number;
  /** sent while its hour ran: the close of the hour says it once more, with all that it knows */
  early: boolean;
}

/**
 * Which conditions last, per (slot, detector). A condition fires once; it is sent again under the same identity only
 * when its evidence has grown, since the tenant's threshold lies above the gate and may be crossed later, and when an hour
 * closes that was told of while it ran (by then it may have company): whoever takes candidates alerts once an identity.
 */
export class FiredFlags {
  private readonly firings = new Map<number, Firing>();
  /** conditions that last, by slot: most slots have none, and are done with one look */
  private counts = new Uint8Array(64);

  /**
   * Takes a score. Returns the start that the candidate's window is to have, or undefined when it is not to be sent.
   * @param early it is of an hour that still runs
   */
  take(
    slot: number,
    detector: number,
    size: WindowSize,
    gate: number,
    evidence: number,
    start: number,
    paneStart: number,
    end: number,
    early = false,
  ): number | undefined {
    if (evidence < gate && (slot >= this.counts.length || this.counts[slot] === 0)) return undefined;
    const key = slot * WIDTH + detector;
    let firing = this.firings.get(key);
    if (firing !== undefined && paneStart - firing.last > QUIET_HOURS[size] * HOUR) {
      this.end(slot, detector);
      firing = undefined;
    }
    if (evidence < gate) {
      if (firing !== undefined) {
        if (evidence < CLEAR_SHARE * gate) this.end(slot, detector);
        else firing.last = end;
      }
      return undefined;
    }
    if (firing === undefined) {
      this.set(slot, detector, { start, best: evidence, last: end, early });
      return start;
    }
    firing.last = end;
    const same = size !== '1h' || firing.start === start;
    const again = firing.early && !early && same;
    if (!early) firing.early = false;
    if (!again && evidence < firing.best + (same ? GROWTH_SAME : GROWTH_LATER)) return undefined;
    firing.best = Math.max(firing.best, evidence);
    if (early) firing.early = true;
    if (!same) firing.start = start;
    return firing.start;
  }

  lasts(slot: number, detector: number): boolean {
    return slot < this.counts.length && this.counts[slot] > 0 && this.firings.has(slot * WIDTH + detector);
  }

  end(slot: number, detector: number): void {
    if (this.firings.delete(slot * WIDTH + detector)) this.counts[slot]--;
  }

  clear(slot: number, detectors: number): void {
    if (slot >= this.counts.length || this.counts[slot] === 0) return;
    for (let detector = 0; detector < detectors; detector++) this.end(slot, detector);
  }

  private set(slot: number, detector: number, firing: Firing): void {
    if (slot >= this.counts.length) {
      const wider = new Uint8Array(Math.max(this.counts.length * 2, slot + 1));
      wider.set(this.counts);
      this.counts = wider;
    }
    const key = slot * WIDTH + detector;
    if (!this.firings.has(key)) this.counts[slot]++;
    this.firings.set(key, firing);
  }

  write(slot: number, detectors: number, writer: ByteWriter): void {
    for (let detector = 0; detector < detectors; detector++) {
      const firing = this.firings.get(slot * WIDTH + detector);
      if (firing === undefined) continue;
      writer.uint(detector + 1);
      writer.f64(firing.start);
      writer.f64(firing.best);
      writer.f64(firing.last);
      writer.u8(firing.early ? 1 : 0);
    }
    writer.uint(0);
  }

  read(slot: number, reader: ByteReader): void {
    for (let detector = reader.uint(); detector > 0; detector = reader.uint()) {
      this.set(slot, detector - 1, { start: reader.f64(), best: reader.f64(), last: reader.f64(), early: reader.u8() === 1 });
    }
  }
}
