/** Length by country: the registry of ISO 13616 (SWIFT). */
const LENGTHS = new Uint8Array(26 * 26);
const REGISTRY =
  'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 ' +
  'FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 ' +
  'LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 ' +
  'SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30';
for (const entry of REGISTRY.split(' ')) {
  LENGTHS[(entry.charCodeAt(0) - 65) * 26 + entry.charCodeAt(1) - 65] = Number(entry.slice(2));
}

/** How many characters an IBAN of the country at `at` (two capital letters) has, 0 when there is none. */
export function ibanLength(text: Uint8Array, at: number): number {
  const first = text[at] - 65;
  const second = text[at + 1] - 65;
  return first < 0 || first > 25 || second < 0 || second > 25 ? 0 : LENGTHS[first * 26 + second];
}

/** Whether `length` capital letters and digits at `at` are an IBAN by ISO 7064 mod 97-10. The length is the caller's to check. */
export function passesMod97(text: Uint8Array, at: number, length: number): boolean {
  let rest = 0;
  for (let i = 0; i < length; i++) {
    const c = text[at + ((i + 4) % length)];
    const digit = c - 0x30;
    if (digit >= 0 && digit <= 9) rest = (rest * 10 + digit) % 97;
    else if (c >= 65 && c <= 90) rest = (rest * 100 + c - 55) % 97;
    else return false;
  }
  return rest === 1;
}
