/** |z| beyond which an hourly count is called odd. */
export const Z_LIMIT = 3;
/** Days before that have to have the hour. */
const LEAST_DAYS = 3;
const HOURS = 24;

/** Requests to the interfaces of one tenant by hour of its run, in all and of each campaign alone. */
export class HourlyCounts {
  private readonly start: number;
  private readonly hours: number;
  private readonly all = new Map<string, Uint32Array>();
  private readonly own = new Map<string, Map<string, Uint32Array>>();

  /** @param start ms UTC of the run's first hour; events outside of its `hours` are passed over */
  constructor(start: number, hours: number) {
    this.start = start;
    this.hours = hours;
  }

  /** @param campaign whose added event it is; '' for none */
  take(time: number, interfaceId: string, campaign: string): void {
    const hour = Math.floor((time - this.start) / 3_600_000);
    if (hour < 0 || hour >= this.hours) return;
    this.countsOf(this.all, interfaceId)[hour]++;
    if (campaign === '') return;
    let of = this.own.get(campaign);
    if (of === undefined) this.own.set(campaign, (of = new Map()));
    this.countsOf(of, interfaceId)[hour]++;
  }

  /**
   * Whether an hourly z-score of the requests to one of these interfaces sees a campaign: an hour of the campaign is odd
   * with its events and would not be without them. Each hour is compared with the same hour of all days before (at least
   * three), the deviation at least one request. So chance, and other oddities of the traffic, count for nothing.
   */
  sees(campaign: { id: string; start: number; end: number }, interfaces: readonly string[]): boolean {
    const from = Math.max(0, Math.floor((campaign.start - this.start) / 3_600_000));
    const to = Math.min(this.hours - 1, Math.floor((campaign.end - this.start) / 3_600_000));
    for (const id of interfaces) {
      const all = this.all.get(id);
      const own = this.own.get(campaign.id)?.get(id);
      if (all === undefined || own === undefined) continue;
      const without = all.map((count, hour) => count - own[hour]);
      for (let hour = from; hour <= to; hour++) if (own[hour] > 0 && isOdd(all, hour) && !isOdd(without, hour)) return true;
    }
    return false;
  }

  private countsOf(map: Map<string, Uint32Array>, key: string): Uint32Array {
    let counts = map.get(key);
    if (counts === undefined) map.set(key, (counts = new Uint32Array(this.hours)));
    return counts;
  }
}

/** Whether |z| of an hour against the same hour of the days before is beyond the limit; false with too short a past. */
export function isOdd(counts: Uint32Array, hour: number): boolean {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (let before = hour - HOURS; before >= 0; before -= HOURS) {
    n++;
    sum += counts[before];
    squares += counts[before] ** 2;
  }
  if (n < LEAST_DAYS) return false;
  const mean = sum / n;
  const deviation = Math.sqrt(Math.max(0, squares - n * mean * mean) / (n - 1));
  return Math.abs(counts[hour] - mean) / Math.max(1, deviation) > Z_LIMIT;
}
