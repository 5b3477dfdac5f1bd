import * as zlib from 'node:zlib';
import { decompress as unpackZstd } from 'fzstd';
import { decompressFrame } from 'lz4-napi';
import { uncompress as unpackSnappy } from 'snappyjs';

/** How the client unpacks batches of one kind. We write none of these: `compress` is for the client's type alone. */
export interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(packed: Buffer): Promise<Buffer>;
}

/** First bytes of the frames in which Java clients put Snappy blocks: then two versions, then blocks with their lengths. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER = 16;

type Zstd = { zstdDecompressSync?: (packed: Uint8Array) => Buffer };

/** Snappy, raw (librdkafka and its users) or in the frames of Java clients. */
export const snappy = codec((packed) => {
  if (!packed.subarray(0, XERIAL.length).equals(XERIAL)) return Buffer.from(unpackSnappy(packed));
  const blocks: Uint8Array[] = [];
  for (let at = XERIAL_HEADER; at < packed.length; ) {
    const length = packed.readInt32BE(at);
    blocks.push(unpackSnappy(packed.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
});

export const lz4 = codec((packed) => decompressFrame(packed));

/** Node's own from 22.15 on. */
export const zstd = codec((packed) => {
  const { zstdDecompressSync } = zlib as Zstd;
  return zstdDecompressSync === undefined ? Buffer.from(unpackZstd(packed)) : zstdDecompressSync(packed);
});

function codec(unpack: (packed: Buffer) => Buffer | Promise<Buffer>): () => Codec {
  return () => ({
    compress: async () => {
      throw new Error('Weir writes no batches of this kind');
    },
    decompress: async (packed) => unpack(packed),
  });
}
