/** What this page says about itself: to the server when it logs in (XEP-0388 2.3), and to clients that ask (XEP-0092). */
import { browserWords } from '../model/device-words.ts'

export const SOFTWARE = 'Porchlight board'

interface Brands {
  readonly userAgentData?: { readonly brands: readonly { readonly brand: string }[] }
}
export function thisBrowser(): string {
  const { userAgentData } = navigator as Brands // not every browser has it, and none without https
  return browserWords(
    navigator.userAgent,
    userAgentData?.brands.map(({ brand }) => brand),
  )
}
