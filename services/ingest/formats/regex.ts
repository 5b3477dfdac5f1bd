import { RE2JS } from 're2js';
import { WeirError } from '../../core/errors.ts';
import { FIELD_NAMES, type FieldMap, GUESSED_TARGETS, SLOT } from '../fields.ts';
import type { Capture, LineContext, LineFault, LineFormat, LineSyntax, SlotNames, TextFormat } from '../format.ts';
import type { NormaliseConfig } from '../normalise-config.ts';
import { LinePrefix } from '../records/line-prefix.ts';
import type { RecordView } from '../records/record-view.ts';
import { SlotWriter } from '../records/slot-writer.ts';
import { isPlain } from '../records/text-checks.ts';
import { NGINX_IDENTITY } from './nginx-json.ts';

/** Longest pattern, characters, and longest line that it is held against, bytes: both bound what one line can cost. */
const MAX_PATTERN = 4096;
const MAX_MATCHED = 1 << 15;
const latin1 = new TextDecoder('latin1');

/**
 * Lines of any other log, by a regular expression whose named groups are fields: `(?<time>…)`, `(?<status>\d+)`, or names that
 * identity rules, targets and the like use. The expression is RE2's: it takes time in proportion to the line, whatever the line,
 * and so has no lookahead and no backreferences.
 */
export const regex: TextFormat = {
  kind: 'text',
  fields: Object.fromEntries(FIELD_NAMES.map((name) => [name, [name]])) as FieldMap,
  identity: NGINX_IDENTITY,
  targets: GUESSED_TARGETS,
  undetectable: true,
  syntax: regexSyntax,
};

function regexSyntax({ source, pattern }: NormaliseConfig): LineSyntax {
  const place = `sources.${source}.pattern`;
  if (pattern === undefined)
    throw new WeirError('config', `${place}: format regex needs a pattern with named groups, as in (?<status>\\d+)`);
  if (pattern.length > MAX_PATTERN)
    throw new WeirError('config', `${place}: the pattern has ${pattern.length} characters; ${MAX_PATTERN} are the most`);
  const compiled = compile(pattern, place);
  const groups = Object.entries(compiled.namedGroups());
  if (groups.length === 0) throw new WeirError('config', `${place}: '${pattern}' has no named group, as in (?<status>\\d+)`);
  return {
    variables: new Set(groups.map(([name]) => name)),
    bind: (names) => new MatchedLines(compiled, groups, names, place),
  };
}

function compile(pattern: string, place: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const why = (error as Error).message;
    throw new WeirError('config', `${place}: ${why}; patterns are RE2's: no lookahead, no backreferences`, { cause: error });
  }
}

class MatchedLines implements LineFormat {
  private readonly pattern: RE2JS;
  private readonly groups: { group: number; captures: readonly Capture[] }[] = [];
  private readonly writer = new SlotWriter();
  private readonly prefix = new LinePrefix();
  readonly ownPrefix = true;

  constructor(pattern: RE2JS, groups: readonly [string, number][], names: SlotNames, place: string) {
    this.pattern = pattern;
    for (const [name, group] of groups) {
      const captures = names.get(name);
      if (captures !== undefined) this.groups.push({ group, captures });
    }
    const gives = (...slots: number[]): boolean => this.groups.some(({ captures }) => captures.some(({ slot }) => slots.includes(slot)));
    if (!gives(SLOT.time, SLOT.start)) throw new WeirError('config', `${place}: no group gives the time: call one 'time' (or 'start')`);
    if (!gives(SLOT.path, SLOT.request, SLOT.peer_address))
      throw new WeirError(
        'config',
        `${place}: no group gives the path: call one 'path', or 'request' for the whole request line ('peer_address' for connections)`,
      );
  }

  read(view: RecordView, _context: LineContext, fault: LineFault): boolean {
    const { writer, groups } = this;
    const { start, end, workspace } = view;
    if (end - start > MAX_MATCHED) {
      fault.reason = 'line_too_long';
      fault.detail = `the line has ${end - start} bytes; a pattern is held against ${MAX_MATCHED} at most`;
      return false;
    }
    // a pattern may be made for the line with its prefix
    let from = start;
    let matcher = this.match(view, from);
    if (matcher === undefined && this.prefix.read(workspace.bytes, start, end, false)) {
      from = this.prefix.at;
      matcher = this.match(view, from);
    }
    if (matcher === undefined) {
      fault.reason = 'not_this_format';
      fault.detail = 'the line does not match the pattern';
      return false;
    }
    writer.begin(view);
    for (const { group, captures } of groups) {
      const at = matcher.start(group);
      if (at >= 0) writer.put(captures, from + at, from + matcher.end(group));
    }
    return true;
  }

  /** What the pattern finds in the view's line from `start` on; undefined: it does not match. */
  private match({ workspace, end }: RecordView, start: number): ReturnType<RE2JS['matcher']> | undefined {
    const bytes = workspace.bytes.subarray(start, end);
    // of plain ASCII the characters are the bytes, and matching text is faster
    const matcher = this.pattern.matcher(isPlain(workspace.view, start, end) ? latin1.decode(bytes) : bytes);
    return matcher.find() ? matcher : undefined;
  }
}
