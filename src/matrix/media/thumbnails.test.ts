/** Pictures from strangers: what can be reduced is, and what cannot hurts nobody. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import photon from '@silvia-odwyer/photon-node'
import { imageSize } from 'image-size'
import { ManualClock } from '../../base/manual-clock.ts'
import type { KnownFile } from '../../files/files.ts'
import type { Uploads } from '../../xep/0363-http-upload/index.ts'
import { sizeFor } from './sizes.ts'
import { Thumbnails } from './thumbnails.ts'

const LIMITS = { octetsMax: 1_000_000, pixelsMax: 1_000_000, timeMs: 1000 }
const HALF = sizeFor(320, 240, false)

/** Files in memory, and what was made of them. */
class Shelf {
  readonly files = new Map<string, Buffer>()
  made = 0
  /** How often the octets of a file were read for work on it. */
  read = 0
  get uploads(): Uploads {
    const known = (id: string): KnownFile | null =>
      this.files.has(id) ? ({ id, owner: 'a', size: this.files.get(id)!.length, type: 'image/png' } as KnownFile) : null
    const derive = (of: KnownFile, name: string, type: string, octets: Buffer) => {
      if (of.owner === 'full') return Promise.resolve(null)
      this.made += 1
      this.files.set(`${of.id} ${name}`, octets)
      return Promise.resolve({ ...known(`${of.id} ${name}`)!, type })
    }
    return {
      derived: (of: KnownFile, name: string) => Promise.resolve(known(`${of.id} ${name}`)),
      octetsOf: (of: KnownFile) => {
        this.read += 1
        return Promise.resolve(this.files.get(of.id)!)
      },
      derive,
    } as unknown as Uploads
  }
  put(octets: Buffer, owner = 'a'): KnownFile {
    const id = String(this.files.size)
    this.files.set(id, octets)
    return { id, owner, size: octets.length, type: 'image/png' } as KnownFile
  }
}
function picture(width: number, height: number, kind: 'png' | 'jpg' | 'webp' = 'png'): Buffer {
  const pixels = new Uint8Array(width * height * 4).map((_, i) => (i % 4 === 3 ? 255 : (i >> 4) & 255))
  const made = new photon.PhotonImage(pixels, width, height)
  return Buffer.from(kind === 'png' ? made.get_bytes() : kind === 'jpg' ? made.get_bytes_jpeg(90) : made.get_bytes_webp())
}
const scene = () => {
  const shelf = new Shelf()
  return { shelf, thumbnails: new Thumbnails(shelf.uploads, new ManualClock(), LIMITS) }
}
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { status: number; code: string }) => `${error.status} ${error.code}`,
  )

test('pictures of the usual kinds are reduced, once', async () => {
  const { shelf, thumbnails } = scene()
  for (const [kind, type] of [
    ['png', 'image/png'],
    ['jpg', 'image/jpeg'],
    ['webp', 'image/png'],
  ] as const) {
    const file = shelf.put(picture(640, 400, kind))
    const [made, again] = await Promise.all([thumbnails.of(file, HALF), thumbnails.of(file, HALF)])
    assert.equal(made, again)
    assert.equal(made.type, type)
    const { width, height } = imageSize(shelf.files.get(made.id)!)
    assert.deepEqual([width, height], [320, 200])
    await thumbnails.of(file, HALF)
    const cut = imageSize(shelf.files.get((await thumbnails.of(file, sizeFor(96, 96, true))).id)!)
    assert.deepEqual([cut.width, cut.height], [96, 96])
  }
  assert.equal(shelf.made, 6)
  const small = shelf.put(picture(20, 20))
  assert.equal(await thumbnails.of(small, HALF), small)
})

/** The orientation tag of Exif, as cameras write it. */
function turned(jpeg: Buffer, orientation: number): Buffer {
  const tiff = Buffer.from('4d4d002a00000008000101120003000000010000000000000000', 'hex')
  tiff.writeUInt16BE(orientation, 18)
  const exif = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff])
  const length = Buffer.alloc(2)
  length.writeUInt16BE(exif.length + 2)
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, exif, jpeg.subarray(2)])
}
test('a photograph is shown as the camera was held', async () => {
  const { shelf, thumbnails } = scene()
  for (const [orientation, expected] of [
    [1, [320, 160]],
    [3, [320, 160]],
    [6, [120, 240]],
    [8, [120, 240]],
  ] as const) {
    const made = await thumbnails.of(shelf.put(turned(picture(640, 320, 'jpg'), orientation)), HALF)
    const { width, height } = imageSize(shelf.files.get(made.id)!)
    assert.deepEqual([width, height], expected, String(orientation))
  }
})

/** It says that it has 600 × 600 pixels, and begins a frame that is larger. */
function lyingGif(side: number): Buffer {
  const head = Buffer.from('GIF89a\x58\x02\x58\x02\xf7\x00\x00', 'latin1')
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 1, 0, 0x3b])
  frame.writeUInt16LE(side, 5)
  frame.writeUInt16LE(side, 7)
  return Buffer.concat([head, Buffer.alloc(768), frame])
}
test('hostile pictures: too large, cut, of another type or none are refused, and the next one is reduced', async () => {
  const { shelf, thumbnails } = scene()
  const good = picture(640, 400)
  const bomb = Buffer.from(good)
  bomb.writeUInt32BE(60_000, 16)
  bomb.writeUInt32BE(60_000, 20)
  const lying = Buffer.from(good)
  lying.writeUInt32BE(900, 20)
  const gif = Buffer.from('GIF89a\xff\xff\xff\xff\x00\x00\x00', 'latin1')
  for (const [what, octets, answer] of [
    ['a bomb', bomb, '413 M_TOO_LARGE'],
    ['a bomb of another kind', gif, '413 M_TOO_LARGE'],
    ['a frame larger than its GIF', lyingGif(20_000), '413 M_TOO_LARGE'],
    ['a GIF that was cut', lyingGif(900).subarray(0, 790), '400 M_UNKNOWN'],
    ['too many octets', Buffer.alloc(1_000_001), '413 M_TOO_LARGE'],
    ['a wrong height', lying, '400 M_UNKNOWN'],
    ['a picture that was cut', good.subarray(0, good.length / 2), '400 M_UNKNOWN'],
    ['its beginning alone', good.subarray(0, 24), '400 M_UNKNOWN'],
    ['a page', Buffer.from('<html><script>alert(1)</script></html>'), '400 M_UNKNOWN'],
    ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9999" height="9999"/>'), '400 M_UNKNOWN'],
    ['nothing', Buffer.alloc(1), '400 M_UNKNOWN'],
    ['noise', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) & 255)), '400 M_UNKNOWN'],
    ['a JPEG of noise', Buffer.concat([picture(640, 400, 'jpg').subarray(0, 300), Buffer.alloc(5000, 0xff)]), '400 M_UNKNOWN'],
  ] as const)
    assert.equal(await refusal(thumbnails.of(shelf.put(octets), HALF)), answer, what)
  assert.equal((await thumbnails.of(shelf.put(good), HALF)).type, 'image/png')
})

test('of those who wait for a reduced picture there are only so many; all who ask for one wait for that one', async () => {
  const { shelf, thumbnails } = scene()
  const file = shelf.put(picture(640, 400))
  const same = Array.from({ length: 60 }, () => refusal(thumbnails.of(file, HALF)))
  assert.deepEqual(new Set(await Promise.all(same)), new Set(['done']))
  assert.equal(shelf.made, 1)
  const octets = picture(400, 400)
  // One is at work, and 40 of its owner wait
  const all = Array.from({ length: 45 }, () => refusal(thumbnails.of(shelf.put(octets), HALF)))
  const other = refusal(thumbnails.of(shelf.put(octets, 'b'), HALF))
  const answers = await Promise.all(all)
  assert.equal(await other, 'done')
  assert.deepEqual(answers, [
    ...Array.from({ length: 41 }, () => 'done'),
    ...Array.from({ length: 4 }, () => '429 M_LIMIT_EXCEEDED'),
  ])
})

test('the work on a picture that takes too long is given up', async () => {
  const clock = new ManualClock()
  const shelf = new Shelf()
  const thumbnails = new Thumbnails(shelf.uploads, clock, LIMITS)
  const answer = refusal(thumbnails.of(shelf.put(picture(640, 400)), HALF))
  // Its thread has begun, and needs many times as long as this turn
  await new Promise((turn) => setImmediate(turn))
  clock.advance(LIMITS.timeMs)
  assert.equal(await answer, '400 M_UNKNOWN')
})

test('a picture of which nothing is made costs its work once in an hour', async () => {
  const clock = new ManualClock()
  const shelf = new Shelf()
  const thumbnails = new Thumbnails(shelf.uploads, clock, LIMITS)
  const broken = shelf.put(picture(640, 400).subarray(0, 500))
  const small = shelf.put(picture(20, 20))
  const full = shelf.put(picture(640, 400), 'full')
  for (let times = 0; times < 3; times += 1) {
    assert.equal(await refusal(thumbnails.of(full, HALF)), '400 M_UNKNOWN')
    assert.equal(await refusal(thumbnails.of(broken, HALF)), '400 M_UNKNOWN')
    assert.equal(await thumbnails.of(small, HALF), small)
  }
  assert.equal(shelf.read, 3)
  clock.advance(3_600_000)
  assert.equal(await refusal(thumbnails.of(broken, HALF)), '400 M_UNKNOWN')
  assert.equal(shelf.read, 4)
})
