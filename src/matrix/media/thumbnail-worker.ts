/**
 * The thread that reduces one picture, and ends. Pictures come from strangers: a decoder that fails, does not end or needs too
 * much memory takes this thread with it, and nothing else.
 */
import { parentPort, workerData } from 'node:worker_threads'
import photon from '@silvia-odwyer/photon-node'
import { imageSize } from 'image-size'
import { largestPart } from './inner-sizes.ts'
import { reductionOf, type Size } from './sizes.ts'

export interface ThumbnailJob {
  readonly octets: Uint8Array
  readonly size: Size
  /** A picture that has more is not decoded. */
  readonly pixelsMax: number
}
/** 'small': the picture need not be reduced. 'large': it has too many pixels. 'none': it is no picture that can be read. */
export type Reduced = { readonly octets: Uint8Array; readonly type: string } | 'small' | 'large' | 'none'

const { PhotonImage, SamplingFilter, crop, fliph, resize, rotate } = photon
type Picture = InstanceType<typeof PhotonImage>

const KINDS: readonly string[] = ['png', 'jpg', 'gif', 'webp']
const JPEG_QUALITY = 80

function reduced({ octets, size, pixelsMax }: ThumbnailJob): Reduced {
  const { width, height, type = '', orientation = 1 } = imageSize(octets)
  if (!KINDS.includes(type) || width < 1 || height < 1) return 'none'
  if (Math.max(width * height, largestPart(octets, type)) > pixelsMax) return 'large'
  const isTurned = orientation > 4
  const reduction = isTurned ? reductionOf(height, width, size) : reductionOf(width, height, size)
  if (reduction === null) return 'small'
  const [w, h] = isTurned ? [reduction.height, reduction.width] : [reduction.width, reduction.height]
  const small = upright(resize(PhotonImage.new_from_byteslice(octets), w, h, SamplingFilter.Triangle), orientation)
  const { part } = reduction
  const isAll = part.width === reduction.width && part.height === reduction.height
  const shown = isAll ? small : crop(small, part.x, part.y, part.x + part.width, part.y + part.height)
  if (type === 'jpg') return { octets: shown.get_bytes_jpeg(JPEG_QUALITY), type: 'image/jpeg' }
  return { octets: shown.get_bytes(), type: 'image/png' }
}
/** As the camera was held (Exif): first turned clockwise, then mirrored. */
const TURNS: readonly (readonly [angle: number, isMirrored: boolean])[] = [
  [0, false],
  [0, true],
  [180, false],
  [180, true],
  [90, true],
  [90, false],
  [270, true],
  [270, false],
]
function upright(picture: Picture, orientation: number): Picture {
  const [angle, isMirrored] = TURNS[orientation - 1] ?? TURNS[0]!
  const turned = angle === 0 ? picture : rotate(picture, angle)
  if (isMirrored) fliph(turned)
  return turned
}

function answer(): Reduced {
  try {
    return reduced(workerData as ThumbnailJob)
  } catch {
    return 'none'
  }
}
parentPort!.postMessage(answer())
