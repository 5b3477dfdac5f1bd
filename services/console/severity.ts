import type { Severity } from '../../schemas/alert.ts';
import type { Style } from './style.ts';

/** How a severity is coloured. */
export function severityPaint(severity: Severity, style: Style): (text: string) => string {
  switch (severity) {
    case 'critical':
      return (text) => style.bold(style.red(text));
    case 'high':
      return style.red;
    case 'medium':
      return style.yellow;
    case 'low':
      return style.cyan;
    case 'info':
      return style.dim;
  }
}
