/** The lines of sections and options in a TOML text, for messages only: the parser returns values without positions. */

export interface Lines {
  /** The line of a section's header, counted from 1; null if not found. */
  section(name: string): number | null
  option(section: string, name: string): number | null
}

const HEADER = /^\s*\[{1,2}\s*["']?([^\]"']+?)["']?\s*\]/
const DOTTED = /^\s*["']?([\w-]+)["']?\s*\.\s*["']?([\w-]+)["']?\s*=/
const KEY = /^\s*["']?([\w-]+)["']?\s*=/

/** The name under which the second and further tables of an array of tables are looked up. @param nth from 1 */
export const nthSection = (name: string, nth: number): string => (nth === 1 ? name : `${name} ${nth}`)

export function linesOf(toml: string): Lines {
  const places = new Map<string, number>()
  const note = (place: string, line: number): void => void (places.has(place) || places.set(place, line))
  const seen = new Map<string, number>()
  let section = ''
  for (const [i, text] of toml.split('\n').entries()) {
    const header = HEADER.exec(text)?.[1]
    const dotted = DOTTED.exec(text)
    const key = KEY.exec(text)?.[1]
    if (header !== undefined) {
      const nth = (seen.get(header) ?? 0) + 1
      seen.set(header, nth)
      note((section = nthSection(header, nth)), i + 1)
    } else if (section === '' && dotted !== null) note(`${dotted[1]}\n${dotted[2]}`, i + 1)
    else if (key !== undefined) note(section === '' ? key : `${section}\n${key}`, i + 1)
  }
  return {
    section: (name) => places.get(name) ?? null,
    option: (inSection, name) => places.get(`${inSection}\n${name}`) ?? places.get(inSection) ?? null,
  }
}
