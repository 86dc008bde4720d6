/** What this browser is called, so that its user finds it among their devices: "Firefox on Windows". */

/** The first one that fits counts: browsers name those that they are like, too. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(?:iPhone|iPad|iPod)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]
/** @param brands what the browser calls itself, without its version, if it says so */
export function browserWords(userAgent: string, brands: readonly string[] = []): string {
  const brand = brands.findLast((name) => /^[A-Z][a-z]+(?: [A-Z][a-z]+)*$/.test(name))
  const browser = brand?.replace(/^(?:Google|Microsoft) /, '') ?? firstOf(BROWSERS, userAgent) ?? 'Browser'
  const system = firstOf(SYSTEMS, userAgent)
  return system === null ? browser : `${browser} on ${system}`
}
const firstOf = (names: readonly (readonly [RegExp, string])[], text: string): string | null =>
  names.find(([sign]) => sign.test(text))?.[1] ?? null

/** What a client says about itself (XEP-0092). Null: nothing. */
export function softwareWords({ name = '', version = '', os = '' }: SoftwareVersion): string | null {
  const software = [plain(name), plain(version)].filter((part) => part !== '').join(' ')
  if (software === '') return null
  return plain(os) === '' ? software : `${software}, ${plain(os)}`
}
export interface SoftwareVersion {
  readonly name?: string
  readonly version?: string
  readonly os?: string
}
const PART_MAX = 60
const plain = (text: string): string =>
  text
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, PART_MAX)
