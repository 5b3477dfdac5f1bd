/** A name with more parts than this is looked for as a path and as a whole, not in all the ways between. */
const MOST_PARTS = 5;

/**
 * Where a name points in a JSON record. `/request/headers/0` is a JSON pointer (RFC 6901: `~1` stands for a slash, `~0` for a tilde). In
 * any other name each dot goes into an object or is part of a name: all that it can mean is looked for, since
 * `http.response.status_code` may be written nested, flat, or `{"http": {"response.status_code": …}}`.
 */
export function pathsOf(name: string): string[][] {
  if (name.startsWith('/'))
    return [
      name
        .slice(1)
        .split('/')
        .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')),
    ];
  const parts = name.split('.');
  if (parts.length > MOST_PARTS) return [parts, [name]];
  return parts.slice(1).reduce<string[][]>((paths, part) => paths.flatMap((path) => [[...path, part], joined(path, part)]), [[parts[0]]]);
}

function joined(path: readonly string[], part: string): string[] {
  return [...path.slice(0, -1), `${path.at(-1)}.${part}`];
}
