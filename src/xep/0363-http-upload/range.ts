/** RFC 9110 section 14: the part of a file that a request is about. Pure. */

export interface Range {
  readonly start: number
  /** Behind the last octet. */
  readonly end: number
}

const ONE = /^bytes=(\d{0,15})-(\d{0,15})$/

/**
 * @param header of the request
 * @returns null for the whole file: without a Range, with several ranges, or with what is no range (14.2). 'unsatisfiable': 416
 */
export function rangeOf(header: string | undefined, size: number): Range | 'unsatisfiable' | null {
  const [, first = '', last = ''] = ONE.exec(header?.replaceAll(' ', '') ?? '') ?? []
  if (first === '' && last === '') return null
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return null
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) }
}
