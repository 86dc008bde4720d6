/**
 * How many pixels the largest part of a picture has. The head of a GIF, WebP or JPEG file may say less than its frames, and a decoder
 * takes the memory that a frame asks for. Pure; each step goes on by an octet at least.
 */

interface Area {
  readonly width: number
  readonly height: number
}
type Parts = (octets: Buffer) => Generator<Area>

/** @param type as image-size calls it @returns 0 if no part of it says how large it is */
export function largestPart(octets: Uint8Array, type: string): number {
  const { buffer, byteOffset, length } = octets
  let most = 0
  try {
    const parts = PARTS[type]?.(Buffer.from(buffer, byteOffset, length)) ?? []
    for (const { width, height } of parts) most = Math.max(most, width * height)
  } catch (error) {
    // It was cut in a part, and no decoder gets further
    if (!(error instanceof RangeError)) throw error
  }
  return most
}
const PARTS: Readonly<Record<string, Parts>> = { gif: partsOfGif, jpg: partsOfJpeg, webp: partsOfWebp }

const tableOctets = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1))
/** Behind blocks that each begin with their length; the last one is empty. */
function behindBlocks(octets: Buffer, from: number): number {
  let at = from
  while (at < octets.length && octets[at] !== 0) at += octets[at]! + 1
  return at + 1
}
function* partsOfGif(octets: Buffer): Generator<Area> {
  let at = 13 + tableOctets(octets.readUInt8(10))
  while (at < octets.length) {
    const sign = octets[at]
    if (sign === 0x21) at = behindBlocks(octets, at + 2)
    else if (sign === 0x2c) {
      yield { width: octets.readUInt16LE(at + 5), height: octets.readUInt16LE(at + 7) }
      at = behindBlocks(octets, at + 11 + tableOctets(octets.readUInt8(at + 9)))
    } else if (sign === 0x3b) return
    else at += 1
  }
}

/** Frames begin with C0 to CF; these are tables among them. */
const TABLES: readonly number[] = [0xc4, 0xc8, 0xcc]
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && !TABLES.includes(marker)
/** Octets of the picture itself, and markers that stand alone. */
const isAlone = (marker: number): boolean => marker < 2 || (marker >= 0xd0 && marker <= 0xd8) || marker === 0xff
function* partsOfJpeg(octets: Buffer): Generator<Area> {
  for (let at = octets.indexOf(0xff, 2); at >= 0 && at + 1 < octets.length;) {
    const marker = octets[at + 1]!
    if (marker === 0xd9) return
    if (isFrame(marker)) yield { width: octets.readUInt16BE(at + 7), height: octets.readUInt16BE(at + 5) }
    const next = isAlone(marker) ? at + 1 : at + 2 + octets.readUInt16BE(at + 2)
    at = octets.indexOf(0xff, next)
  }
}

const uint24 = (octets: Buffer, at: number): number => octets.readUIntLE(at, 3)
function* partsOfWebp(octets: Buffer): Generator<Area> {
  for (let at = 12; at + 8 < octets.length;) {
    const [name, body] = [octets.toString('latin1', at, at + 4), at + 8]
    if (name === 'VP8 ') yield { width: octets.readUInt16LE(body + 6) & 0x3fff, height: octets.readUInt16LE(body + 8) & 0x3fff }
    if (name === 'VP8L') {
      const sizes = octets.readUInt32LE(body + 1)
      yield { width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1 }
    }
    if (name === 'VP8X') yield { width: uint24(octets, body + 4) + 1, height: uint24(octets, body + 7) + 1 }
    if (name === 'ANMF') yield { width: uint24(octets, body + 6) + 1, height: uint24(octets, body + 9) + 1 }
    // A frame of a moving picture has its own parts inside
    const length = octets.readUInt32LE(at + 4)
    at = body + (name === 'ANMF' ? 16 : length + (length & 1))
  }
}
