import { createStyle, wantsColour } from './style.ts';
import type { Style } from './style.ts';

/** How a stream wants its text. */
export interface Terminal {
  style: Style;
  /** columns; undefined when it is no terminal: nothing is cut then */
  width: number | undefined;
}

export function terminalOf(stream: NodeJS.WriteStream): Terminal {
  return { style: createStyle(wantsColour(stream)), width: stream.isTTY === true ? stream.columns : undefined };
}

/**
 * Writes all of it, however slowly the other side reads.
 * @returns false when the other side has closed (`| head`): stop quietly, it is no error
 */
export function writeOut(chunk: string | Uint8Array, stream: NodeJS.WritableStream = process.stdout): Promise<boolean> {
  return new Promise((settle, fail) => {
    const failed = (error: NodeJS.ErrnoException | null | undefined) => {
      stream.off('error', failed);
      if (error === null || error === undefined) settle(true);
      else if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') {
        stream.on('error', () => {}); // what is written after this fails the same way
        settle(false);
      } else fail(error);
    };
    stream.on('error', failed);
    stream.write(chunk, failed);
  });
}
