/** Which groups of the list are folded, as this browser remembers it. */
import { useState } from 'preact/hooks'

const PLACE = 'porchlight-folds'

function kept(): ReadonlySet<string> {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '[]')
    return new Set(Array.isArray(names) ? names.map(String) : [])
  } catch {
    return new Set() // a browser that keeps nothing, or something else wrote there
  }
}
export interface Folds {
  readonly isFolded: (name: string) => boolean
  readonly toggle: (name: string) => void
}
export function useFolds(): Folds {
  const [folded, setFolded] = useState(kept)
  const toggle = (name: string): void => {
    const next = new Set(folded)
    if (!next.delete(name)) next.add(name)
    setFolded(next)
    try {
      localStorage.setItem(PLACE, JSON.stringify([...next]))
    } catch {
      // It is folded as long as the page is open
    }
  }
  return { isFolded: (name) => folded.has(name), toggle }
}
