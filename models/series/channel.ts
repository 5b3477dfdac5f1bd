import { Recent } from './recent.ts';
import type { Row, Statistic } from './row.ts';
import type { SeriesSettings } from './settings.ts';
import { Tail } from './tail.ts';

/** A statistic with what it has learned of its own deviations, each direction for itself. */
interface Watched {
  readonly statistic: Statistic;
  readonly directions: readonly (1 | -1)[];
  readonly up: Tail;
  readonly down: Tail;
  deviation: number;
  surprise: number;
}

/** What one statistic says of a row. */
export interface Finding {
  readonly statistic: string;
  /** -ln of the chance of a deviation like this one, by the past of the series */
  readonly surprise: number;
  readonly direction: 1 | -1;
}

/** One value of a series through all statistics. */
export class Channel {
  private readonly past: Recent;
  private readonly watched: readonly Watched[];
  private row: Row;
  private seen = 0;
  private readonly warmUp: number;

  constructor(settings: SeriesSettings) {
    this.watched = Object.values(settings.statistics).map(({ make, directions }) => ({
      statistic: make(),
      directions,
      up: new Tail(settings.tail),
      down: new Tail(settings.tail),
      deviation: Number.NaN,
      surprise: 0,
    }));
    this.past = new Recent(Math.max(1, ...this.watched.map(({ statistic }) => statistic.reach)) + 1);
    this.row = { time: 0, value: 0, past: this.past };
    this.warmUp = settings.warmUp;
  }

  /** Judges a value by what was before it; `learn` must follow. */
  look(time: number, value: number): void {
    this.row = { time, value, past: this.past };
    for (const one of this.watched) {
      const deviation = one.statistic.look(this.row);
      one.deviation = deviation;
      one.surprise = 0;
      if (Number.isNaN(deviation) || this.seen < this.warmUp) continue;
      const direction = deviation > 0 ? 1 : -1;
      if (one.directions.includes(direction)) one.surprise = tailOf(one).surprise(Math.abs(deviation));
    }
  }

  /** Takes the value that was looked at into what is known. */
  learn(): void {
    for (const one of this.watched) {
      const { deviation } = one;
      if (!Number.isNaN(deviation)) {
        one.up.learn(Math.max(0, deviation));
        one.down.learn(Math.max(0, -deviation));
      }
      one.statistic.learn(this.row);
    }
    this.past.push(this.row.value);
    this.seen++;
  }

  /** Surprise of a statistic at the row looked at, nats. */
  surprise(index: number): number {
    return this.watched[index].surprise;
  }

  /** What a statistic says of the row looked at. */
  finding(index: number): Finding {
    const { statistic, surprise, deviation } = this.watched[index];
    return { statistic: statistic.name, surprise, direction: deviation < 0 ? -1 : 1 };
  }

  /**
   * Values that a statistic would have found no odder than `surprise` nats; undefined where no value decides. Call it
   * before `learn`.
   */
  expected(index: number, surprise: number): readonly [number, number] | undefined {
    const { statistic, up, down } = this.watched[index];
    const low = statistic.valueAt(-down.quantile(surprise));
    const high = statistic.valueAt(up.quantile(surprise));
    return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : undefined;
  }
}

function tailOf({ deviation, up, down }: Watched): Tail {
  return deviation > 0 ? up : down;
}
