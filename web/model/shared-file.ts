/** A file that somebody shares: a message that is nothing but its address (XEP-0363, XEP-0066). */

export interface SharedFile {
  readonly url: string
  /** The last part of the address, as text for people. */
  readonly name: string
  readonly host: string
  /** Where this page can read it: a path at its own address. Null: the file is elsewhere, and only a link leads to it. */
  readonly here: string | null
  readonly isPicture: boolean
}

const NAME_MAX = 100
const PICTURES: ReadonlySet<string> = new Set(['png', 'jpg', 'jpeg', 'gif', 'webp', 'avif'])
/** Signs that turn the direction of a text: with them "exe.gpj" looks like "jpg.exe". */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const CONTROLS = /\p{Cc}/gu
/** Where this server keeps files: src/xep/0363-http-upload. */
const UPLOADED = /^\/upload\/[\w-]{1,64}\/[^/]+$/

/** Null if the text is no address of a file. @param homes the hosts, without ports, whose files this server has */
export function sharedFile(text: string, homes: ReadonlySet<string>): SharedFile | null {
  const url = /^https:\/\/\S+$/i.test(text) ? URL.parse(text) : null
  if (url === null) return null
  const name = nameIn(url.pathname)
  if (name === '') return null
  const isHere = homes.has(url.hostname) && UPLOADED.test(url.pathname)
  return {
    ...{ url: url.href, name, host: url.host },
    here: isHere ? url.pathname : null,
    isPicture: PICTURES.has(name.slice(name.lastIndexOf('.') + 1).toLowerCase()),
  }
}

function nameIn(path: string): string {
  const last = path.slice(path.lastIndexOf('/') + 1)
  return shortened(decoded(last).replace(TURNS, '').replace(CONTROLS, ' ').trim())
}
/** The end says what it is. */
const shortened = (name: string): string =>
  name.length <= NAME_MAX ? name : `${name.slice(0, NAME_MAX / 2)}…${name.slice(-NAME_MAX / 2)}`
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const STEPS = ['kB', 'MB', 'GB'] as const
/** For example "3.4 MB". */
export function sizeWords(octets: number, language: string): string {
  const step = STEPS.findIndex((_, i) => octets < 1000 ** (i + 2))
  const unit = step === -1 ? STEPS.length - 1 : step
  const amount = octets === 0 ? 0 : Math.max(octets / 1000 ** (unit + 1), 0.1)
  return `${amount.toLocaleString(language, { maximumFractionDigits: 1 })} ${STEPS[unit]}`
}
