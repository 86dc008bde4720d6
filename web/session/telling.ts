/** What the board tells contacts about the person beside their presence, as this browser remembers it. */

export interface Telling {
  /** That they are writing (XEP-0085). */
  readonly writing: boolean
  /** That they have received and read a message (XEP-0184, XEP-0333). */
  readonly reading: boolean
}
const PLACE = 'porchlight-telling'

export function keptTelling(): Telling {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Partial<Telling> | null
    return { writing: kept?.writing !== false, reading: kept?.reading !== false }
  } catch {
    return { writing: true, reading: true } // a browser that keeps nothing, or something else wrote there
  }
}
export function keepTelling(telling: Telling): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify(telling))
  } catch {
    // It is told as long as the page is open
  }
}
