import type { Style } from './style.ts';
import { createStyle, wantsColour } from './style.ts';

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
    const ignore = () => {}; // the event that follows a failed write says nothing new
    stream.once('error', ignore);
    stream.write(chunk, (error: NodeJS.ErrnoException | null | undefined) => {
      if (error === null || error === undefined) {
        stream.off('error', ignore);
        settle(true);
      } else if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') settle(false);
      else fail(error);
    });
  });
}
