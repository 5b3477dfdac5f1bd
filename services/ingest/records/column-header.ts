const decoder = new TextDecoder();

/** What the comment lines of a log in columns said: kept per input, since reading may go on in the middle of a file. */
export class ColumnHeader {
  /** byte between columns; 0: the format's own */
  separator = 0;
  /** texts that stand for no value, besides the format's own */
  unset = '-';
  empty = '(empty)';
  /** names of the columns; empty: the format's usual ones */
  columns: readonly string[] = [];

  /** Whether a header named the columns since the beginning, or since `forget`. */
  get named(): boolean {
    return this.columns.length > 0;
  }

  /** Back to what holds without a header. */
  forget(): void {
    this.separator = 0;
    this.unset = '-';
    this.empty = '(empty)';
    this.columns = NONE;
  }

  /** Takes a comment line of Zeek's, bytes[start, end) without its line feed. */
  readZeek(bytes: Uint8Array, start: number, end: number): void {
    const line = decoder.decode(bytes.subarray(start, end));
    if (line.startsWith('#separator ')) {
      const text = line.slice('#separator '.length).trim();
      const hex = /^\\x([0-9a-fA-F]{2})$/.exec(text);
      this.separator = hex ? Number.parseInt(hex[1], 16) : text.charCodeAt(0) || 0x09;
      return;
    }
    const parts = line.split(String.fromCharCode(this.separator || 0x09));
    if (parts[0] === '#fields' && parts.length > 1) this.columns = parts.slice(1);
    if (parts[0] === '#unset_field' && parts.length > 1) this.unset = parts[1];
    if (parts[0] === '#empty_field' && parts.length > 1) this.empty = parts[1];
  }

  /** Takes a `#Fields:` line of the W3C's extended format (IIS, CloudFront). */
  readW3c(bytes: Uint8Array, start: number, end: number): void {
    const line = decoder.decode(bytes.subarray(start, end));
    const names = /^#Fields:\s*(.*)$/i.exec(line);
    if (names !== null) this.columns = names[1].trim().split(/\s+/).slice(0, MAX_COLUMNS);
  }
}

const NONE: readonly string[] = [];
/** More columns than any log has are not kept. */
const MAX_COLUMNS = 512;
