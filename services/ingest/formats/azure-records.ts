/**
 * A property of a diagnostic record, and the columns that it is in Log Analytics: in a table of its service, where it begins with a
 * capital, and in AzureDiagnostics, where its type stands behind it.
 */
export function azure(...properties: string[]): string[] {
  return properties.flatMap((name) => [`properties.${name}`, name[0].toUpperCase() + name.slice(1), `${name}_s`, `${name}_d`]);
}
