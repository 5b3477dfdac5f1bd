import type { Document, LineCounter } from 'yaml';
import { isMap, isScalar } from 'yaml';
import type { z } from 'zod';
import { configJsonSchema } from '../../schemas/config.ts';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;
type SchemaNode = {
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | false;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
};

/** All mistakes of a config, a line each: place, path, value, what is allowed, and the nearest known name. */
export function describeIssues(issues: readonly Issue[], raw: unknown, document: Document, lines: LineCounter, name: string): string {
  const schema = configJsonSchema() as SchemaNode;
  const said = issues.flatMap((issue) =>
    describe(issue, raw, schema).map(({ path, text }) => ({ line: lineAt(document, lines, path), text: `${pathText(path)}${text}` })),
  );
  said.sort((a, b) => a.line - b.line);
  return said.map(({ line, text }) => `${name}:${line}: ${text}`).join('\n');
}

interface Said {
  path: PropertyKey[];
  text: string;
}

function describe(issue: Issue, raw: unknown, schema: SchemaNode): Said[] {
  const value = valueAt(raw, issue.path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, issue.path);
      return issue.keys.map((key) => {
        const near = nearest(key, known);
        return {
          path: [...issue.path, key],
          text: ` is not a known key${near ? `; did you mean ${near}?` : ''} (allowed: ${known.join(', ')})`,
        };
      });
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const near = nearest(String(value), allowed);
      return [{ path: issue.path, text: ` is ${show(value)}${near ? `; did you mean ${near}?` : ''} (allowed: ${allowed.join(', ')})` }];
    }
    case 'invalid_type':
      if (value === undefined) return [{ path: issue.path, text: ` is missing; it is ${kindText(issue.expected)}` }];
      return [{ path: issue.path, text: ` is ${show(value)}; it must be ${kindText(issue.expected)}` }];
    case 'invalid_key':
      return [{ path: issue.path, text: ` is not a valid name: ${issue.issues.map((inner) => inner.message).join('; ')}` }];
    case 'too_small':
      if (issue.origin === 'array') return [{ path: issue.path, text: ' is an empty list; it needs at least one entry' }];
      if (issue.origin === 'string') return [{ path: issue.path, text: ' is empty' }];
      return [{ path: issue.path, text: ` is ${show(value)}; it must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}` }];
    case 'too_big':
      return [{ path: issue.path, text: ` is ${show(value)}; it must be at most ${issue.maximum}` }];
    case 'invalid_union': {
      const nearestForm = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
      return nearestForm.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] } as Issue, raw, schema));
    }
    default: {
      const plain = value === null || typeof value !== 'object';
      return [{ path: issue.path, text: `${plain ? ` is ${show(value)}` : ''}: ${issue.message}` }];
    }
  }
}

function kindText(expected: string): string {
  const kinds: Record<string, string> = {
    array: 'a list',
    object: 'a map',
    record: 'a map',
    string: 'a text',
    number: 'a number',
    boolean: 'true or false',
  };
  return kinds[expected] ?? expected;
}

/** A value as it stands in a message, cut at 60 characters. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'not set';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `sources[0].format`, the way the messages name a place. */
export function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`)).join('');
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw as Record<PropertyKey, unknown> | undefined;
  for (const part of path) value = value?.[part] as Record<PropertyKey, unknown> | undefined;
  return value;
}

/** Keys that the schema knows at a path; those of all forms where there are several. */
function keysAt(schema: SchemaNode, path: readonly PropertyKey[]): string[] {
  let nodes = [schema];
  for (const part of path) {
    nodes = nodes.flatMap(forms).flatMap((node) => {
      const next = typeof part === 'number' ? node.items : (node.properties?.[String(part)] ?? (node.additionalProperties || undefined));
      return next === undefined ? [] : [next];
    });
  }
  return [...new Set(nodes.flatMap(forms).flatMap((node) => Object.keys(node.properties ?? {})))];
}

function forms(node: SchemaNode): SchemaNode[] {
  return node.anyOf ?? [node];
}

/** Line (1-based) of the key or entry at `path`, or of the nearest one above it that exists. */
function lineAt(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const above = document.getIn(path.slice(0, length - 1), true) ?? document.contents;
    const last = path[length - 1];
    const pair = isMap(above) ? above.items.find((item) => isScalar(item.key) && String(item.key.value) === String(last)) : undefined;
    const node = (isScalar(pair?.key) ? pair.key : document.getIn(path.slice(0, length), true)) as
      | { range?: [number, number, number] | null }
      | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
