/** One attribute of a subject: `CN` and its value, names in upper case. */
interface Attribute {
  name: string;
  value: string;
}

/** Attributes that name who a certificate was made for, the best first: common name, user id, mail address, serial number. */
const NAMING = ['CN', 'UID', 'USERID', 'EMAILADDRESS', 'E', 'SERIALNUMBER'];
/** Numbers under which some servers write an attribute instead of its name. */
const BY_NUMBER: Record<string, string> = {
  '2.5.4.3': 'CN',
  '0.9.2342.19200300.100.1.1': 'UID',
  '1.2.840.113549.1.9.1': 'EMAILADDRESS',
  '2.5.4.5': 'SERIALNUMBER',
};
/** A longer subject names nobody. */
const MAX_SUBJECT = 4096;

/**
 * Whom a certificate's subject names: its common name, else its user id, mail address or serial number, else the subject as
 * a whole. Takes RFC 2253 and 4514 (`CN=alice,OU=ops,O=Example`, nginx, Envoy), the older form of OpenSSL
 * (`/C=DE/O=Example/CN=alice`, HAProxy, Apache), Envoy's X-Forwarded-Client-Cert (`By=…;Hash=…;Subject="…"`, of which the
 * last element, the peer's own, counts), and a bare name. undefined where it names nobody.
 */
export function certificateName(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MAX_SUBJECT) return undefined;
  if (/^(By|Hash|Cert|Chain|Subject|URI|DNS)=/i.test(trimmed)) return forwardedName(trimmed);
  return subjectName(trimmed);
}

function subjectName(subject: string): string | undefined {
  if (!subject.includes('=')) return subject === '' ? undefined : subject;
  const attributes = subject.startsWith('/') ? slashed(subject) : commaSeparated(subject);
  if (attributes === undefined) return undefined;
  // the most specific part: RFC 2253 writes it first, OpenSSL last
  if (subject.startsWith('/')) attributes.reverse();
  for (const wanted of NAMING) {
    const found = attributes.find(({ name, value }) => name === wanted && value !== '');
    if (found !== undefined) return found.value;
  }
  return attributes.some(({ value }) => value !== '') ? subject : undefined;
}

/** `/C=DE/O=a/b/CN=alice`: a slash that no `name=` follows belongs to the value. */
function slashed(subject: string): Attribute[] | undefined {
  const parts = subject.slice(1).split(/\/(?=[A-Za-z][\w.-]*=|\d+(?:\.\d+)+=)/);
  const attributes = parts.map(attributeOf);
  return attributes.every((attribute) => attribute !== undefined) ? attributes : undefined;
}

/** Names with escapes (`\,`, `\2C`) and quotes (`O="a, b"`); `+` joins attributes of one part. */
function commaSeparated(subject: string): Attribute[] | undefined {
  const attributes: Attribute[] = [];
  let part = '';
  let quoted = false;
  const bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) part += new TextDecoder().decode(Uint8Array.from(bytes));
    bytes.length = 0;
  };
  const end = (): boolean => {
    flush();
    const attribute = attributeOf(part);
    if (attribute !== undefined) attributes.push(attribute);
    part = '';
    return attribute !== undefined;
  };
  for (let i = 0; i < subject.length; i++) {
    const c = subject[i];
    if (c === '\\') {
      const hex = /^[0-9A-Fa-f]{2}/.exec(subject.slice(i + 1, i + 3));
      if (hex !== null) {
        bytes.push(Number.parseInt(hex[0], 16));
        i += 2;
        continue;
      }
      flush();
      if (i + 1 === subject.length) return undefined;
      part += subject[++i];
      continue;
    }
    flush();
    if (c === '"') quoted = !quoted;
    else if (!quoted && (c === ',' || c === ';' || c === '+')) {
      if (!end()) return undefined;
    } else part += c;
  }
  return !quoted && end() ? attributes : undefined;
}

function attributeOf(part: string): Attribute | undefined {
  const at = part.indexOf('=');
  if (at < 1) return undefined;
  const name = part
    .slice(0, at)
    .trim()
    .replace(/^OID\./i, '')
    .toUpperCase();
  return /^[A-Z0-9][\w.-]*$/.test(name) ? { name: BY_NUMBER[name] ?? name, value: part.slice(at + 1).trim() } : undefined;
}

/** Envoy's header: elements with commas between them, each of pairs with semicolons between them, values quoted where they have to be. */
function forwardedName(header: string): string | undefined {
  const last = splitQuoted(header, ',').at(-1) ?? '';
  const pairs = splitQuoted(last, ';').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    const value = pair.slice(at + 1).trim();
    return [pair.slice(0, at).trim().toLowerCase(), value.startsWith('"') ? value.slice(1, -1).replace(/\\(["\\])/g, '$1') : value];
  });
  const of = (key: string): string => pairs.find(([name, value]) => name === key && value !== '')?.[1] ?? '';
  const name = subjectName(of('subject')) ?? (of('uri') || of('dns'));
  return name === '' ? undefined : name;
}

function splitQuoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') quoted = !quoted;
    else if (text[i] === separator && !quoted) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}
