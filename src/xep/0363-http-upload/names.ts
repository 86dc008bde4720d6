/** Names and types of files as strangers write them, made harmless. Pure. */

const NAME_OCTETS_MAX = 180
/** Of the ending, with its dot. */
const ENDING_CHARACTERS_MAX = 16
/** What may stand in the name of a file: letters, marks and digits of any script, and a few signs. */
const STRANGE = /[^\p{L}\p{M}\p{N}._~()+-]+/gu

/** The last part of the name, with its ending, as it can stand in a URL and in a folder of any system. */
export function safeName(given: string): string {
  const [last = ''] = given.split(/[/\\]/).slice(-1)
  const clean = last.toWellFormed().normalize('NFC').replace(STRANGE, '_')
  const dot = clean.lastIndexOf('.')
  const hasEnding = dot > 0 && dot < clean.length - 1 && [...clean.slice(dot)].length <= ENDING_CHARACTERS_MAX
  const [stem, ending] = hasEnding ? [clean.slice(0, dot), clean.slice(dot)] : [clean, '']
  let short = ''
  for (const character of stem.replace(/^[._]+/, '')) {
    if (Buffer.byteLength(short + character + ending) > NAME_OCTETS_MAX) break
    short += character
  }
  return short === '' ? `file${ending}` : short + ending
}

const TYPE = /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64}$/

/** A media type without its parameters, in lower case (RFC 9110 8.3.1); null if it is none. */
export function mediaType(given: string): string | null {
  const essence = given.split(';', 1)[0]!.trim().toLowerCase()
  return TYPE.test(essence) ? essence : null
}

/** Types that a browser can show and that hold no program. Everything else is saved, not shown. */
const SHOWN: ReadonlySet<string> = new Set([
  ...['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/heic', 'image/jxl', 'image/bmp'],
  ...['audio/mpeg', 'audio/ogg', 'audio/opus', 'audio/aac', 'audio/mp4', 'audio/flac', 'audio/wav', 'audio/webm', 'audio/amr'],
  ...['video/mp4', 'video/webm', 'video/ogg', 'video/quicktime', 'video/3gpp'],
])
export const isShown = (type: string): boolean => SHOWN.has(type)
