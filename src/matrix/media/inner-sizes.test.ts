/** What frames say of their sizes, whatever the head of the file says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import photon from '@silvia-odwyer/photon-node'
import fc from 'fast-check'
import { largestPart } from './inner-sizes.ts'

const made = new photon.PhotonImage(new Uint8Array(60 * 40 * 4).fill(255), 60, 40)
const jpeg = Buffer.from(made.get_bytes_jpeg(80))
const webp = Buffer.from(made.get_bytes_webp())

/** A part of a WebP file. */
function part(name: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([Buffer.from(name, 'latin1'), length, body])
}
const webpOf = (...parts: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'), ...parts])
/** 100 × 100 */
const CANVAS = part('VP8X', Buffer.from([0, 0, 0, 0, 99, 0, 0, 99, 0, 0]))

test('pictures as they are made say how large they are', () => {
  assert.equal(largestPart(jpeg, 'jpg'), 2400)
  assert.equal(largestPart(webp, 'webp'), 2400)
})

test('a part that is larger than the head says is seen', () => {
  const lossless = Buffer.from([0x2f, 0xff, 0xff, 0xff, 0x0f, 0])
  const lossy = Buffer.from([0, 0, 0, 0x9d, 1, 0x2a, 0xff, 0x3f, 0xff, 0x3f])
  const frame = part(
    'ANMF',
    Buffer.concat([Buffer.alloc(6), Buffer.from([99, 0, 0, 99, 0, 0, 0, 0, 0, 0]), part('VP8L', lossless)]),
  )
  assert.equal(largestPart(webpOf(CANVAS), 'webp'), 10_000)
  assert.equal(largestPart(webpOf(CANVAS, part('VP8L', lossless)), 'webp'), 16_384 ** 2)
  assert.equal(
    largestPart(webpOf(CANVAS, part('ALPH', Buffer.alloc(3)), Buffer.alloc(1), part('VP8 ', lossy)), 'webp'),
    16_383 ** 2,
  )
  assert.equal(largestPart(webpOf(CANVAS, frame), 'webp'), 16_384 ** 2)
  const second = Buffer.from([0xff, 0xc0, 0, 11, 8, 0x40, 0, 0x40, 0, 1, 1, 0x11, 0])
  assert.equal(largestPart(Buffer.concat([jpeg.subarray(0, -2), second, jpeg.subarray(-2)]), 'jpg'), 0x4000 ** 2)
})

test('whatever stands in a file, it is read to an end', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('gif', 'jpg', 'webp', 'png'),
      fc.constantFrom(jpeg, webp, Buffer.from('GIF89a')),
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(300),
      (type, head, noise, kept) => {
        assert.ok(largestPart(Buffer.concat([head.subarray(0, kept), noise]), type) >= 0)
      },
    ),
  )
})
