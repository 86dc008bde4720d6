/** The sizes in which reduced pictures are made: few, so that nobody makes the server keep many of one picture. Pure. */

export interface Size {
  readonly width: number
  readonly height: number
  /** The picture fills it, and what stands out is cut off. Otherwise all of the picture lies within it. */
  readonly isCrop: boolean
}
const SIZES: readonly Size[] = [
  { width: 32, height: 32, isCrop: true },
  { width: 96, height: 96, isCrop: true },
  { width: 320, height: 240, isCrop: false },
  { width: 640, height: 480, isCrop: false },
  { width: 800, height: 600, isCrop: false },
]
/** The smallest one that is not smaller than what is wanted, or the largest. */
export function sizeFor(width: number, height: number, isCrop: boolean): Size {
  const fits = (size: Size): boolean => size.width >= width && size.height >= height
  return (
    SIZES.find((size) => size.isCrop === isCrop && fits(size)) ??
    SIZES.find((size) => !size.isCrop && fits(size)) ??
    SIZES.at(-1)!
  )
}

/** How large a picture becomes, and which part of it is shown. Null: it is not larger than that already. */
export interface Reduction {
  readonly width: number
  readonly height: number
  readonly part: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
}
export function reductionOf(width: number, height: number, size: Size): Reduction | null {
  if (width <= size.width && height <= size.height) return null
  const [across, down] = [size.width / width, size.height / height]
  const factor = Math.min(1, size.isCrop ? Math.max(across, down) : Math.min(across, down))
  const [w, h] = [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))]
  const [shownWidth, shownHeight] = [Math.min(w, size.width), Math.min(h, size.height)]
  const part = {
    x: Math.floor((w - shownWidth) / 2),
    y: Math.floor((h - shownHeight) / 2),
    width: shownWidth,
    height: shownHeight,
  }
  return { width: w, height: h, part }
}
