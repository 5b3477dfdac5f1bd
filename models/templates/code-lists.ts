/** Short codes that stand for countries, currencies and languages: ISO 3166-1 alpha-2, ISO 4217, ISO 639-1 (the commoner ones). */
const codes = (text: string): Set<string> => new Set(text.split(/\s+/).filter((code) => code !== ''));

const COUNTRIES = codes(`
  ad ae af al am ao ar at au az ba bb bd be bg bh bj bn bo br bs bt bw by bz ca cd cg ch ci cl cm cn co cr cu cv cy cz de dj dk dm do
  dz ec ee eg er es et fi fj fr ga gb ge gh gm gn gr gt gy hk hn hr ht hu id ie il in iq ir is it jm jo jp ke kg kh kr kw kz la lb li lk
  lr ls lt lu lv ly ma mc md me mg mk ml mm mn mo mr mt mu mv mw mx my mz na ne ng ni nl no np nz om pa pe pg ph pk pl pr ps pt py qa ro
  rs ru rw sa sb sc sd se sg si sk sl sm sn so sr st sv sy sz td tg th tj tm tn to tr tt tw tz ua ug uk us uy uz va ve vn ws ye za zm zw`);
const CURRENCIES = codes(`
  aed ars aud bdt bgn bhd brl byn cad chf clp cnh cny cop crc czk dkk dzd egp etb eur fjd gbp gel ghs gtq hkd hnl hrk huf idr ils inr iqd
  irr isk jmd jod jpy kes kgs khr krw kwd kzt lak lbp lkr mad mdl mkd mmk mnt mop mur mxn myr ngn nok npr nzd omr pab pen php pkr pln pyg
  qar ron rsd rub sar sek sgd syp thb tnd try ttd twd tzs uah ugx usd uyu uzs vnd xaf xau xag xof yer zar zmw btc eth usdt`);
const LANGUAGES = codes(`
  af am ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko ku ky la lb lo lt
  lv mg mk ml mn mr ms mt my nb ne nl nn no pa pl ps pt ro ru rw sd si sk sl so sq sr sv sw ta te tg th tk tl tr tt uk ur uz vi xh yi yo zh zu`);

const ENVIRONMENTS = codes('dev develop development test testing qa uat stage staging sandbox preprod prod production preview canary demo');

const BRANCHES = codes('main master trunk develop dev staging production release gh-pages next stable');

/** Whether every one of the segments is a code of one and the same list. */
export function areCodes(segments: readonly string[]): boolean {
  return (
    segments.every((segment) => segment.length === 2 && COUNTRIES.has(segment.toLowerCase())) ||
    segments.every((segment) => segment.length >= 3 && segment.length <= 4 && CURRENCIES.has(segment.toLowerCase())) ||
    segments.every((segment) => ENVIRONMENTS.has(segment.toLowerCase())) ||
    segments.every((segment) => BRANCHES.has(segment.toLowerCase())) ||
    areLocales(segments)
  );
}

/** `en`, `zh-CN`, `pt_br`, `zh-Hans`. */
export function areLocales(segments: readonly string[]): boolean {
  return segments.every((segment) => {
    const parts = segment.toLowerCase().split(/[-_]/);
    return parts.length <= 2 && LANGUAGES.has(parts[0]) && (parts.length === 1 || /^([a-z]{2}|[a-z]{4}|\d{3})$/.test(parts[1]));
  });
}
