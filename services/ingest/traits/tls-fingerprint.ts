import { hash32 } from '../../core/hash.ts';

const [COMMA, UNDERSCORE] = [0x2c, 0x5f];
const JA3_HASH = 32;
/** JA4 begins with ten signs of protocol, version, counts and ALPN: t13d1516h2. */
const JA4_HEAD = 10;

/**
 * The part of a TLS fingerprint that belongs to the program, as a hash; 0: it says nothing of it. That is the ciphers that
 * the client offers: of JA4 its second part, of JA3 in full the version and the ciphers. The rest depends on the
 * connection (QUIC or TCP, name or address, resumed or not), and browsers have shuffled their extensions since 2023: so
 * the hash of a JA3 says something of programs that are no browsers only.
 * Sources: the published descriptions of JA3 (Salesforce) and JA4 (FoxIO).
 */
export function tlsTrait(bytes: Uint8Array, start: number, end: number, browser: boolean): number {
  const length = end - start;
  if (length > JA4_HEAD && bytes[start + JA4_HEAD] === UNDERSCORE) {
    const second = bytes.indexOf(UNDERSCORE, start + JA4_HEAD + 1);
    const stop = second < 0 || second > end ? end : second;
    return hash32(bytes, start + JA4_HEAD + 1, stop) || 1;
  }
  const version = bytes.indexOf(COMMA, start);
  if (version > start && version < end) {
    const ciphers = bytes.indexOf(COMMA, version + 1);
    return hash32(bytes, start, ciphers < 0 || ciphers > end ? end : ciphers) || 1;
  }
  return length === JA3_HASH && !browser ? hash32(bytes, start, end) || 1 : 0;
}

/** Names under which modules and proxies log it, JA4 before JA3, and JA3 in full before its hash. */
const HEADERS = [
  'x-ja4',
  'cf-ja4',
  'cloudfront-viewer-ja4-fingerprint',
  'x-ja3',
  'cf-ja3-hash',
  'cf-ja3',
  'x-ja3-hash',
  'x-ja3-fingerprint',
  'cloudfront-viewer-ja3-fingerprint',
];

/** Fields with a fingerprint in a log of request headers; `named`: the field in which a header of a name in lower case is logged. */
export function fingerprintHeaders(named: (header: string) => string): string[] {
  return HEADERS.map(named);
}

/** Fields of flat logs: of modules that fingerprint themselves, then of headers that a proxy in front sets. */
export const FLAT_FINGERPRINTS: readonly string[] = [
  'ja4',
  'tls_ja4',
  'ssl_ja4',
  'http_ssl_ja4',
  'tls_ja4_fingerprint',
  'ja4_fingerprint',
  'ssl_ja3',
  'http_ssl_ja3',
  'ja3',
  'tls_ja3',
  'ssl_ja3_hash',
  'http_ssl_ja3_hash',
  'tls_ja3_fingerprint',
  'ja3_fingerprint',
  'ja3_hash',
  ...fingerprintHeaders((header) => `http_${header.replaceAll('-', '_')}`),
];
