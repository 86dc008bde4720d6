/** The part of tr46 (UTS 46) that idna.ts uses. */
declare module 'tr46' {
  interface Options {
    readonly checkBidi?: boolean
    readonly checkHyphens?: boolean
    readonly checkJoiners?: boolean
    readonly useSTD3ASCIIRules?: boolean
    readonly verifyDNSLength?: boolean
  }
  /** The name with A-labels; null if it has none. */
  export function toASCII(domain: string, options: Options): string | null
  /** The name with U-labels. If `error` is true, the name is not valid. */
  export function toUnicode(domain: string, options: Options): { readonly domain: string; readonly error: boolean }
}
