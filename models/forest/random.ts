import { mix32 } from '../../services/core/hash.ts';
import { Sfc32 } from '../../services/core/sfc32.ts';

/**
 * Random numbers of the forest trainer. Every tree has its own stream, made from the seed and the tree's number, so that
 * a forest does not depend on who grows which tree.
 */
export class TreeRandom extends Sfc32 {
  /** `seed`: any finite number; `tree`: the tree's number, 0 and up. */
  constructor(seed: number, tree: number) {
    const words = new Uint32Array(new Float64Array([seed + 0]).buffer);
    const a = mix32(words[0] ^ 0x9e3779b9) | 0;
    const b = mix32(words[1] ^ a) | 0;
    super(a, b, mix32((tree | 0) ^ b ^ 0x85ebca6b), 15);
  }
}
