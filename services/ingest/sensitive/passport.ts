/**
 * Whether text[start, end) is the number of a passport or permit in a field that says so. Chinese ones: E, G, D, S, P, H, M
 * or K and 8 digits, two letters (EA, DE, SE, PE, …) and 7 digits, one letter and 7 digits. `generic`: the field says
 * passport, so that any 6 to 9 capital letters and digits with four digits at least will do.
 */
export function isPassport(text: Uint8Array, start: number, end: number, generic: boolean): boolean {
  const length = end - start;
  if (length < 6 || length > 9) return false;
  let letters = 0;
  let digits = 0;
  let opening = 0;
  for (let i = start; i < end; i++) {
    const c = text[i];
    const letter = c & 0xdf;
    if (c >= 0x30 && c <= 0x39) digits++;
    else if (c >= 0x41 && letter >= 0x41 && letter <= 0x5a) {
      letters++;
      if (digits === 0) opening++;
    } else return false;
  }
  if (generic && digits >= 4) return true;
  const first = text[start] & 0xdf;
  if (opening !== letters || letters === 0 || !'EGDSPHMKC'.includes(String.fromCharCode(first))) return false;
  if (letters === 1) return digits === 8 || (digits === 7 && first !== 0x45 && first !== 0x47);
  return letters === 2 && digits === 7;
}
