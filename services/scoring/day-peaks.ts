import { evidenceBucket } from '../../models/candidate.ts';
import type { ByteReader, ByteWriter } from '../core/codec.ts';
import type { ReportBuilder } from './report-builder.ts';

/** The highest evidence of each key and detector on its tenant's current day, one byte each (bucket + 1; 0: not scored today). */
export class DayPeaks {
  private readonly detectors: number;
  private peaks: Uint8Array;
  private days: Int32Array;

  constructor(detectors: number) {
    this.detectors = detectors;
    this.peaks = new Uint8Array(64 * detectors);
    this.days = new Int32Array(64);
  }

  /** Begins the day for the slot when it is a new one. */
  turn(slot: number, day: number): void {
    if (slot >= this.days.length) this.grow(slot);
    if (this.days[slot] === day) return;
    this.days[slot] = day;
    this.peaks.fill(0, slot * this.detectors, (slot + 1) * this.detectors);
  }

  take(slot: number, detector: number, evidence: number, report: ReportBuilder): void {
    const at = slot * this.detectors + detector;
    const before = this.peaks[at];
    const bucket = evidence === 0 ? 0 : evidenceBucket(evidence);
    if (bucket + 1 <= before) return;
    report.moved(detector, before - 1, bucket);
    this.peaks[at] = bucket + 1;
  }

  clear(slot: number): void {
    if (slot >= this.days.length) return;
    this.days[slot] = 0;
    this.peaks.fill(0, slot * this.detectors, (slot + 1) * this.detectors);
  }

  write(slot: number, writer: ByteWriter): void {
    const known = slot < this.days.length;
    writer.int(known ? this.days[slot] : 0);
    writer.block(known ? this.peaks.subarray(slot * this.detectors, (slot + 1) * this.detectors) : new Uint8Array(0));
  }

  read(slot: number, reader: ByteReader): void {
    if (slot >= this.days.length) this.grow(slot);
    this.days[slot] = reader.int();
    const bytes = reader.block();
    this.peaks.fill(0, slot * this.detectors, (slot + 1) * this.detectors);
    this.peaks.set(bytes.subarray(0, this.detectors), slot * this.detectors);
  }

  private grow(slot: number): void {
    const slots = Math.max(this.days.length * 2, slot + 1);
    const days = new Int32Array(slots);
    days.set(this.days);
    const peaks = new Uint8Array(slots * this.detectors);
    peaks.set(this.peaks);
    this.days = days;
    this.peaks = peaks;
  }
}
