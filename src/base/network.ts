/** What counts as one address wherever a limit applies by address. */

/**
 * The key under which an address is counted. An IPv4 address is its own key. An IPv6 address is counted by its first 64 bits:
 * one customer usually has all addresses of such a network. An IPv4 address inside an IPv6 address is counted as that IPv4
 * address. A text that is no address is its own key.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [plain] = address.split('%') as [string] // the zone of a link-local address
  const groups = groupsOf(plain)
  if (groups === null) return address
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff) return dotted(groups[6]!, groups[7]!)
  return `${groups
    .slice(0, 4)
    .map((g) => g.toString(16))
    .join(':')}::/64`
}

/** The eight groups of 16 bits; null if the text is no IPv6 address. */
function groupsOf(address: string): readonly number[] | null {
  const [head = '', tail] = address.split('::')
  const [before, after] = [numbersOf(head), numbersOf(tail ?? '')]
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 0) return null
  const groups = [...before, ...new Array<number>(missing).fill(0), ...after]
  return groups.every((g) => g >= 0 && g <= 0xffff) ? groups : null
}

function numbersOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    const octets = group.split('.').map(Number)
    if (octets.length !== 4) return [Number.parseInt(group, 16)]
    return [octets[0]! * 256 + octets[1]!, octets[2]! * 256 + octets[3]!]
  })
}

const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.')
