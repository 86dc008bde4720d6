/** The part of tr46 (UTS 46) that idna.ts uses. */
declare module 'tr46' {
  interface Options {
    readonly checkBidi?: boolean
    readonly checkHyphens?: boolean
    readonly checkJoiners?: boolean
    readonly useSTD3ASCIIRules?: boolean
    readonly verifyDNSLength?: boolean
  }
  /** The name with A-labels, or null when it has none. */
  export function toASCII(domain: string, options: Options): string | null
  /** The name with U-labels. When `error` is true, it is not valid. */
  export function toUnicode(domain: string, options: Options): { readonly domain: string; readonly error: boolean }
}
