import { mix32 } from '../../services/core/hash.ts';
import { Sfc32 } from '../../services/core/sfc32.ts';

/** Random numbers of the autoencoder's trainer. */
export class TrainingRandom extends Sfc32 {
  /** `seed`: any integer; `stream` separates uses of one seed. */
  constructor(seed: number, stream: number) {
    super(mix32(seed | 0), mix32(Math.floor(seed / 4294967296) ^ 0x9e3779b9), mix32(stream ^ 0x85ebca6b), 15);
  }

  /** Fisher-Yates, in place. */
  shuffle(order: Uint32Array): void {
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const keep = order[i];
      order[i] = order[j];
      order[j] = keep;
    }
  }
}
