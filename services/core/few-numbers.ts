/** A set of a few numbers that is emptied (n = 0) and filled all the time; what is beyond its capacity is left out. */
export class FewNumbers {
  n = 0;
  private readonly numbers: Uint32Array;

  constructor(capacity: number) {
    this.numbers = new Uint32Array(capacity);
  }

  add(number: number): void {
    for (let i = 0; i < this.n; i++) if (this.numbers[i] === number) return;
    if (this.n < this.numbers.length) this.numbers[this.n++] = number;
  }

  at(index: number): number {
    return this.numbers[index];
  }
}
