/** Whether nine digits at `at` are a US social security number that can have been issued: area, group, serial in use. */
export function isSsn(digits: Uint8Array, at: number): boolean {
  const area = digits[at] * 100 + digits[at + 1] * 10 + digits[at + 2] - 5328;
  if (area === 0 || area === 666 || area >= 900) return false;
  if (digits[at + 3] === 0x30 && digits[at + 4] === 0x30) return false;
  for (let i = 5; i < 9; i++) if (digits[at + i] !== 0x30) return true;
  return false;
}
