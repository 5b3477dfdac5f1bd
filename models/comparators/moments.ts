/** Running mean and standard deviation of what was added (Welford 1962). */
export class Moments {
  count = 0;
  mean = 0;
  private squares = 0;

  add(value: number): void {
    this.count++;
    const off = value - this.mean;
    this.mean += off / this.count;
    this.squares += off * (value - this.mean);
  }

  /** Sample standard deviation; 0 of fewer than two. */
  get deviation(): number {
    return this.count < 2 ? 0 : Math.sqrt(this.squares / (this.count - 1));
  }

  /** How many standard deviations a value lies off the mean; 0 where nothing has varied yet, for then z says nothing. */
  z(value: number): number {
    const { deviation } = this;
    return deviation > 0 ? (value - this.mean) / deviation : 0;
  }
}
