/** Span of the value of `name=` in a Cookie header, bytes[start, end); undefined when it is not there or empty. */
export function cookieSpan(bytes: Uint8Array, start: number, end: number, name: Uint8Array): [number, number] | undefined {
  let at = start;
  while (at < end) {
    while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x3b)) at++;
    let i = 0;
    while (i < name.length && bytes[at + i] === name[i]) i++;
    const found = i === name.length && bytes[at + i] === 0x3d;
    let stop = at;
    while (stop < end && bytes[stop] !== 0x3b) stop++;
    if (found && stop > at + i + 1) return [at + i + 1, stop];
    at = stop;
  }
  return undefined;
}
