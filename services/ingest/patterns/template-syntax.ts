import type { LineSyntax } from '../format.ts';
import { FirstOf } from './first-of.ts';
import { type Template, type Variable, variablesOf } from './template.ts';
import { TemplateLines } from './template-lines.ts';

/** Lines that fit one of several format strings, tried in this order. @param written a variable as the pattern has it */
export function templateSyntax(format: string, templates: readonly Template[], written: (variable: Variable) => string): LineSyntax {
  return {
    variables: new Set(templates.flatMap((template) => [...variablesOf(template)])),
    bind: (names) => {
      const lines = templates.map((template) => new TemplateLines(format, template, names, written));
      return lines.length === 1 ? lines[0] : new FirstOf(lines);
    },
  };
}
