import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { Refusal } from './refusal.ts';

/** Bytes of request bodies that are held at one time, over all requests. */
export class BodyRoom {
  private readonly limit: number;
  private held = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Takes room. Throws Refusal 429 when there is none. */
  take(bytes: number): void {
    if (this.held + bytes > this.limit) throw new Refusal(429, 'too many requests at one time: try again', 1);
    this.held += bytes;
  }

  give(bytes: number): void {
    this.held -= bytes;
  }
}

export interface BodyLimits {
  /** bytes of one body, unpacked */
  maxBody: number;
  room: BodyRoom;
}

/**
 * The unpacked body of a request, at most `maxBody` bytes: a longer one is refused as soon as that is known, while it is
 * being unpacked. The room that it takes is the caller's to give back: `body.length` bytes.
 * @throws Refusal 400 for what cannot be unpacked or ends early, 413, 415 for an encoding other than gzip, 429
 */
export function readBody(request: IncomingMessage, { maxBody, room }: BodyLimits): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const packed = encoding === 'gzip' || encoding === 'x-gzip';
  if (!packed && encoding !== 'identity')
    return Promise.reject(new Refusal(415, `Content-Encoding ${encoding.slice(0, 40)}: gzip or none is taken`));
  if (Number(request.headers['content-length'] ?? 0) > maxBody) return Promise.reject(tooLarge(maxBody));
  return new Promise((resolve, reject) => {
    const gunzip = packed ? createGunzip() : undefined;
    const pieces: Buffer[] = [];
    let size = 0;
    let over = false;
    const end = (refusal?: Error): void => {
      if (over) return;
      over = true;
      if (refusal === undefined) {
        resolve(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, size));
        return;
      }
      room.give(size);
      if (gunzip !== undefined) {
        request.unpipe(gunzip);
        gunzip.destroy();
      }
      request.resume(); // what still comes is thrown away, so that the answer can be read
      reject(refusal);
    };
    const source = gunzip ?? request;
    source.on('data', (piece: Buffer) => {
      if (over) return;
      try {
        if (size + piece.length > maxBody) throw tooLarge(maxBody);
        room.take(piece.length);
        size += piece.length;
        pieces.push(piece);
      } catch (error) {
        end(error as Error);
      }
    });
    source.on('end', () => end());
    request.on('error', () => end(cutShort()));
    request.on('close', () => {
      if (!request.complete) end(cutShort());
    });
    gunzip?.on('error', (error) => end(new Refusal(400, `the body is no sound gzip: ${error.message}`)));
    if (gunzip !== undefined) request.pipe(gunzip);
  });
}

function tooLarge(maxBody: number): Refusal {
  return new Refusal(413, `the body has more than ${maxBody} bytes, unpacked: send less at one time`);
}

function cutShort(): Refusal {
  return new Refusal(400, 'the body ended early');
}
