/**
 * A raw interface id taken apart. A segment is one piece or several: what stands before and behind `:action`, `.ext` and
 * `?key=` is looked at by itself, since one of them may be a value and the other not: `/fox:start`, `/world.xml`.
 */
export interface PathParts {
  method: string;
  host: string;
  /** each begins with its sign: `/users`, `:start`, `.xml`, `?action=`, `=list`, `#Query` */
  pieces: string[];
}

/** Pieces of a path that are looked at; what lies deeper stays as it is. */
export const MOST_PIECES = 16;

const SEGMENT = /^([^:]+?|.+?)(:[A-Za-z]{3,})?(\.[A-Za-z][A-Za-z0-9]{0,4})?$/;

export function partsOf(id: string): PathParts {
  const gap = id.indexOf(' ');
  const slash = id.indexOf('/', gap);
  if (gap < 0 || slash < 0) return { method: '', host: id, pieces: [] };
  const pieces: string[] = [];
  let path = id.slice(slash + 1);
  const behind: string[] = [];
  const query = path.search(/[?#]/);
  if (query >= 0) {
    const mark = path[query];
    const rest = path.slice(query + 1);
    const equals = mark === '?' ? rest.indexOf('=') + 1 : 0;
    if (equals > 0) behind.push(`?${rest.slice(0, equals)}`, `=${rest.slice(equals)}`);
    else behind.push(mark + rest);
    path = path.slice(0, query);
  }
  for (const segment of path.split('/')) {
    if (pieces.length >= MOST_PIECES) pieces[pieces.length - 1] += `/${segment}`;
    else {
      const [, stem, action, extension] = SEGMENT.exec(segment) ?? [segment, segment];
      pieces.push(`/${stem ?? ''}`);
      if (action !== undefined) pieces.push(action);
      if (extension !== undefined) pieces.push(extension);
    }
  }
  pieces.push(...behind);
  return { method: id.slice(0, gap), host: id.slice(gap + 1, slash), pieces };
}

export function idOf({ method, host, pieces }: PathParts): string {
  return `${method} ${host}${pieces.map((piece) => (piece.startsWith('=') ? piece.slice(1) : piece)).join('')}`;
}

/** Placeholders of the pure path rules that stand for one value. */
const PLACEHOLDER = /^\/\{(id|uuid|hash|date|slug|text|email|name)\}$/;
export function isPlaceholder(piece: string): boolean {
  return PLACEHOLDER.test(piece);
}

/** A whole piece that the pure rules made and that is no single value: `{file}`, `{rest}`, `{missing}`. */
export function isEnd(piece: string): boolean {
  return piece === '/{file}' || piece === '/{rest}' || piece === '/{missing}';
}

export function isVersionName(text: string): boolean {
  return /^v\d{1,3}(\.\d{1,3}){0,2}((alpha|beta|rc)\d{0,2})?$/i.test(text) && text.split('.').length < 3;
}
