import { FLAG } from '../../core/batch.ts';

/** What an operator said of interfaces; a tag whose list is undefined is guessed, an empty list means none. */
export interface InterfaceRules {
  sensitive: readonly string[];
  tags: {
    login?: readonly string[];
    register?: readonly string[];
    send_code?: readonly string[];
    benefit?: readonly string[];
    export?: readonly string[];
  };
}

type TagName = keyof InterfaceRules['tags'];

const TAG_FLAGS: Record<TagName, number> = {
  login: FLAG.login,
  register: FLAG.register,
  send_code: FLAG.sendCode,
  benefit: FLAG.benefit,
  export: FLAG.export,
};
export const TAG_NAMES = Object.keys(TAG_FLAGS) as TagName[];

/**
 * `METHOD host/path/{template}` as a pattern: `*` stands for any text, methods may be joined by `|` or be `*`, and any
 * `{x}` matches any placeholder; `{name}`, by which learned templates call what the pure path rules leave as it is, any text
 * up to the next slash. A pattern whose path starts with `/` holds for every host.
 */
export function interfacePattern(text: string): RegExp {
  const gap = text.indexOf(' ');
  const method = gap < 0 ? '*' : text.slice(0, gap);
  let path = gap < 0 ? text : text.slice(gap + 1).trim();
  if (path.startsWith('/')) path = `*${path}`;
  if (path.length > 1 && path.endsWith('/')) path = path.slice(0, -1);
  const methods = method === '*' ? '\\S+' : `(?:${method.split('|').map(escapeText).join('|')})`;
  const parts = path
    .split(/(\*|\{[^}/]*\})/)
    .map((part) => (part === '*' ? '.*' : part === '{name}' ? '[^/]+' : part.startsWith('{') ? '\\{[^}/]*\\}' : escapeText(part)));
  return new RegExp(`^${methods} ${parts.join('')}$`);
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'OTHER']);
const has = (words: Set<string>, ...any: string[]): boolean => any.some((word) => words.has(word));

/**
 * Guess of an interface's tags by the words of its path (camelCase and punctuation part words). docs/formats.md lists
 * them. Logins, registrations and benefits are things done, so reads are not tagged with them.
 */
const GUESSES: Record<TagName, (words: Set<string>, method: string) => boolean> = {
  login: (w, method) =>
    WRITES.has(method) &&
    !has(w, 'logout', 'signout', 'history', 'logs', 'log', 'records', 'captcha', 'config', 'status', 'reset', 'forgot', 'revoke') &&
    !sendsCode(w, method) &&
    (has(w, 'login', 'signin', 'logon', 'authenticate', 'authn', 'authentication') ||
      (w.has('sign') && w.has('in')) ||
      (has(w, 'oauth', 'oauth2', 'auth', 'connect', 'sso', 'openid') && has(w, 'token', 'tokens', 'session', 'sessions')) ||
      (has(w, 'session', 'sessions') && w.size <= 4)),
  register: (w, method) =>
    WRITES.has(method) &&
    !sendsCode(w, method) &&
    (has(w, 'register', 'signup', 'registration', 'enroll') || (w.has('sign') && w.has('up'))),
  send_code: (w, method) => sendsCode(w, method),
  benefit: (w, method) =>
    (has(w, 'redeem', 'claim', 'grab') && method !== 'OPTIONS' && method !== 'HEAD') ||
    (WRITES.has(method) &&
      has(
        w,
        'coupon',
        'coupons',
        'voucher',
        'vouchers',
        'benefit',
        'benefits',
        'reward',
        'rewards',
        'lottery',
        'bonus',
        'gift',
        'gifts',
        'promo',
        'cashback',
      )),
  export: (w, method) =>
    (method !== 'OPTIONS' && method !== 'HEAD' && has(w, 'export', 'exports', 'download', 'dump')) ||
    (WRITES.has(method) && has(w, 'downloads', 'backup', 'extract', 'bulk')),
};

function sendsCode(w: Set<string>, method: string): boolean {
  if (method === 'OPTIONS' || method === 'HEAD') return false;
  const sends = has(w, 'send', 'resend', 'request');
  // The last word is what is done: /sms/verify checks a code, /verify/sms sends one.
  if (!sends && /^(verify|check|validate|confirm|verification)$/.test([...w].at(-1) ?? '')) return false;
  if (has(w, 'sendcode', 'sendsms', 'sendotp', 'smscode', 'sendsmscode', 'sendverifycode', 'sendcaptcha')) return true;
  if (has(w, 'login', 'signin', 'register', 'signup') && !sends && !has(w, 'code', 'captcha')) return false;
  if (sends && has(w, 'code', 'codes', 'verification', 'pin', 'sms', 'otp', 'captcha', 'vcode', 'passcode')) return true;
  return WRITES.has(method) && has(w, 'sms', 'otp', 'vcode', 'verifycode', 'captcha', 'passcode');
}

/** A page or document by its extension; programs (.php, .do, …) are none. */
const DOCUMENT = /[^/]*\.(?!php\d?$|do$|action$|aspx?$|ashx$|asmx$|jspx?$|cgi$|pl$|json$|xml$|csv$|xlsx?$|zip$|pdf$)[a-z][a-z0-9]{0,4}$/i;

/** Lower-case words of an interface's path; placeholders and names of documents left out. */
function wordsOf(path: string): Set<string> {
  const bare = path
    .replace(DOCUMENT, '')
    .replace(/\{[^}]*\}/g, '/')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2');
  return new Set(
    bare
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== ''),
  );
}

/** Tags of interfaces, by the operator's patterns or guessed. Asked once per interface, so it may be slow. */
export class InterfaceTags {
  private readonly sensitive: RegExp[];
  private readonly patterns: Partial<Record<TagName, RegExp[]>> = {};

  constructor(rules: InterfaceRules) {
    this.sensitive = rules.sensitive.map(interfacePattern);
    for (const tag of TAG_NAMES) {
      const list = rules.tags[tag];
      if (list !== undefined) this.patterns[tag] = list.map(interfacePattern);
    }
  }

  /** FLAG bits of `METHOD host/path/{template}`. */
  flagsOf(id: string): number {
    const gap = id.indexOf(' ');
    const method = id.slice(0, gap);
    const slash = id.indexOf('/', gap);
    const words = wordsOf(slash < 0 ? '' : id.slice(slash));
    let flags = this.sensitive.some((pattern) => pattern.test(id)) ? FLAG.sensitive : 0;
    for (const tag of TAG_NAMES) {
      const patterns = this.patterns[tag];
      const tagged = patterns === undefined ? GUESSES[tag](words, method) : patterns.some((pattern) => pattern.test(id));
      if (tagged) flags |= TAG_FLAGS[tag];
    }
    return flags;
  }

  /** Whether a tag is guessed, not configured. */
  isGuessed(tag: TagName): boolean {
    return this.patterns[tag] === undefined;
  }
}

/** Names of the tags in FLAG bits. */
export function tagNames(flags: number): TagName[] {
  return TAG_NAMES.filter((tag) => (flags & TAG_FLAGS[tag]) !== 0);
}
