/**
 * The last values of a series with their sums, so that mean and variance of any stretch of them cost two look-ups. The
 * sums are counted anew from the values each time the ring has gone round: no error builds up.
 */
export class Recent {
  private readonly room: number;
  private readonly values: Float64Array;
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;
  private held = 0;
  private next = 0;
  private origin = 0;

  /** @param most values that can be asked for, at least 1 */
  constructor(most: number) {
    this.room = 2 * most;
    this.values = new Float64Array(this.room);
    this.sums = new Float64Array(this.room + 1);
    this.squares = new Float64Array(this.room + 1);
  }

  /** Values that can be asked for. */
  get size(): number {
    return this.held;
  }

  push(value: number): void {
    const most = this.room / 2;
    if (this.next === this.room) {
      // the newer half moves to the front
      this.values.copyWithin(0, most);
      this.next = 0;
      this.origin = this.values[0];
      for (let i = 0; i < most; i++) this.sum(this.values[i]);
    }
    if (this.held === 0) this.origin = value;
    this.values[this.next] = value;
    this.sum(value);
    if (this.held < most) this.held++;
  }

  /** The value `back` rows ago; 1 is the newest. */
  at(back: number): number {
    return this.values[this.next - back];
  }

  /** Mean of the `count` values that end `skip` rows before the newest one. */
  mean(count: number, skip = 0): number {
    const end = this.next - skip;
    return this.origin + (this.sums[end] - this.sums[end - count]) / count;
  }

  /** Their variance about their mean. */
  variance(count: number, skip = 0): number {
    const end = this.next - skip;
    const mean = (this.sums[end] - this.sums[end - count]) / count;
    return Math.max(0, (this.squares[end] - this.squares[end - count]) / count - mean * mean);
  }

  private sum(value: number): void {
    const from = value - this.origin;
    this.sums[this.next + 1] = this.sums[this.next] + from;
    this.squares[this.next + 1] = this.squares[this.next] + from * from;
    this.next++;
  }
}
