/**
 * XMPP addresses (RFC 7622): local@domain/resource. Splitting (3.1, 3.2), preparation and enforcement of the
 * three parts (3.2 to 3.4) and their limits in octets. The escapes of XEP-0106 are ordinary characters here
 * (its section 4.1). Two addresses are equal if their `full` strings are equal.
 *
 * Addresses of other servers may break RFC 7622 3.3 and 3.4, because most servers still follow RFC 6122, which allows
 * more. Such a part is kept unchanged (DEVIATES(21)), and the address has a `fault`.
 */
import { valueOf } from '../xml/entities.ts'
import { encode, escape, unpin, type Wire } from '../xml/wire.ts'
import { DomainError, domainOf } from './idna.ts'
import { opaqueString, PrecisError, usernameCaseMapped } from './precis.ts'
import { WireCache } from './wire-cache.ts'

/** Thrown for a string that is not an address. The message says which part is wrong, and why. */
export class JidError extends Error {}

/** An address whose parts are prepared. Made by `jid`, `jidOfWire` and `jidOf`. */
export class Jid {
  /** Prepared, or unchanged if the address has a fault; '' if absent. */
  readonly local: string
  readonly domain: string
  /** Prepared, or unchanged if the address has a fault; '' if absent. */
  readonly resource: string
  readonly bare: string
  readonly full: string
  /** `full` as the value of an attribute. */
  readonly wire: Wire
  /** What RFC 7622 forbids in the local part or the resource; null if nothing. Addresses of our own domains have no fault. */
  readonly fault: string | null
  #asBare: Jid | null = null

  /** The strings must be consistent with each other; `jidOf` makes them so. */
  constructor(local: string, domain: string, resource: string, bare: string, full: string, fault: string | null = null) {
    this.local = local
    this.domain = domain
    this.resource = resource
    this.bare = bare
    this.full = full
    this.wire = escape(full)
    this.fault = fault
  }

  get isBare(): boolean {
    return this.resource === ''
  }
  /** The address without the resource; itself if it has none. Equal addresses share one bare address while they are in use. */
  get asBare(): Jid {
    return this.resource === '' ? this : (this.#asBare ??= jidOfWire(encode(this.bare)))
  }
  /** @param resource prepared; '' for none */
  withResource(resource: string): Jid {
    if (resource === this.resource) return this
    if (resource === '') return this.asBare
    const other = new Jid(this.local, this.domain, resource, this.bare, `${this.bare}/${resource}`)
    other.#asBare = this.resource === '' ? this : this.#asBare
    return other
  }
  toString(): string {
    return this.full
  }
}

/** RFC 7622 3.1: octets of each part, after preparation. */
const PART_OCTETS_MAX = 1023
/** NFC combines at most four code units into one. A longer text cannot become short enough, so it is refused at once. */
const PART_UNITS_MAX = 4 * PART_OCTETS_MAX
const JIDS_CACHED_MAX = 20_000
/** Longer values are parsed each time, so that strangers cannot fill the cache with large ones. */
const CACHED_OCTETS_MAX = 512

const cache = new WireCache<Jid>(JIDS_CACHED_MAX)

/**
 * Parses and prepares an address that obeys RFC 7622 in all its parts. Its strings can be slices of `text`: use
 * `jidOfWire` for text that was cut from a chunk of input.
 * @throws JidError
 */
export function jid(text: string): Jid {
  const address = addressIn(text)
  if (address.fault !== null) throw new JidError(address.fault)
  return address
}

/** What `make` makes of a text; null if it throws a JidError. */
export function unlessFaulty<T>(make: () => T): T | null {
  try {
    return make()
  } catch (error) {
    if (error instanceof JidError) return null
    throw error
  }
}

/** The address that `jid` finds in the text; null if there is none. */
export const jidOrNull = (text: string): Jid | null => unlessFaulty(() => jid(text))

/**
 * The address in an attribute value, as the scanner read it from the XML. Frequent values are cached. The address can
 * have a `fault`.
 * @throws JidError if no server can have such an address
 */
export function jidOfWire(value: Wire): Jid {
  return cache.get(value) ?? parsed(value)
}

/** Is this a name that this server assigns, to an account or to something in a service? */
export type IsOurs = (name: Jid) => boolean

/**
 * Returns `address`. An address of ours has to obey RFC 7622 in all its parts.
 * @throws JidError if it is ours and has a fault
 */
export function strictIfOurs(address: Jid, isOurs: IsOurs): Jid {
  if (address.fault !== null && isOurs(address)) throw new JidError(address.fault)
  return address
}

/**
 * The domain in an address that `jidOfWire` refuses.
 * @throws JidError
 */
export function domainOfWire(value: Wire): string {
  return prepareDomain(split(valueOf(unpin(value))).domain)
}

/** An address from parts that are already prepared. Nothing is checked. */
export function jidOf(local: string, domain: string, resource = '', fault: string | null = null): Jid {
  const bare = local === '' ? domain : `${local}@${domain}`
  return new Jid(local, domain, resource, bare, resource === '' ? bare : `${bare}/${resource}`, fault)
}

function parsed(value: Wire): Jid {
  const own = unpin(value)
  const made = addressIn(valueOf(own))
  if (own.length <= CACHED_OCTETS_MAX) cache.set(own, made)
  return made
}

/** RFC 7622 3.2: the resource is split off first, then the local part, before any mapping (3.1). Null if a part is absent. */
function split(text: string): { readonly local: string | null; readonly domain: string; readonly resource: string | null } {
  const slash = text.indexOf('/')
  const end = slash < 0 ? text.length : slash
  const at = text.indexOf('@')
  const hasLocal = at >= 0 && at < end
  return {
    local: hasLocal ? text.slice(0, at) : null,
    domain: text.slice(hasLocal ? at + 1 : 0, end),
    resource: slash < 0 ? null : text.slice(slash + 1),
  }
}

/**
 * The address in a text; it can have a `fault`.
 * @throws JidError if no server can have such an address
 */
export function addressIn(text: string): Jid {
  const raw = split(text)
  let fault: string | null = null
  /** The prepared part, or the part unchanged. */
  const part = (s: string | null, prepare: (s: string) => string, isImpossible: RegExp): string => {
    if (s === null) return ''
    try {
      return prepare(s)
    } catch (error) {
      if (!(error instanceof JidError) || !isPossible(s, isImpossible)) throw error
      fault ??= error.message
      return s
    }
  }
  const local = part(raw.local, prepareLocal, IMPOSSIBLE_IN_LOCAL)
  const domain = prepareDomain(raw.domain)
  const resource = part(raw.resource, prepareResource, IMPOSSIBLE_IN_RESOURCE)
  const isAsWritten = local === (raw.local ?? '') && domain === raw.domain && resource === (raw.resource ?? '')
  if (!isAsWritten) return jidOf(local, domain, resource, fault)
  return new Jid(local, domain, resource, raw.resource === null ? text : text.slice(0, -1 - resource.length), text, fault)
}

/** The address that `addressIn` finds in the text; null if there is none. */
export const addressOrNull = (text: string): Jid | null => unlessFaulty(() => addressIn(text))

/**
 * What RFC 6122 forbids too, as far as it matters to a server that forwards the address: characters that would make it
 * another address, and control characters.
 */
const IMPOSSIBLE_IN_LOCAL = /["&'/:<>@\p{Z}\p{Cc}]/u
const IMPOSSIBLE_IN_RESOURCE = /\p{Cc}/u

const isPossible = (s: string, isImpossible: RegExp): boolean =>
  s !== '' && s.length <= PART_OCTETS_MAX && Buffer.byteLength(s) <= PART_OCTETS_MAX && !isImpossible.test(s)

/** Already in the form of UsernameCaseMapped: printable ASCII without upper case and without what RFC 7622 3.3.1 excludes. */
const PLAIN_LOCAL = /^[!#-%(-.0-9;=?[-~]+$/
const EXCLUDED_IN_LOCAL = /["&'/:<>@]/

/**
 * The local part that `s` stands for (RFC 7622 3.3).
 * @throws JidError
 */
export function prepareLocal(s: string): string {
  if (PLAIN_LOCAL.test(s) && s.length <= PART_OCTETS_MAX) return s
  const local = prepared('local part', s, usernameCaseMapped)
  // After the mapping, because it makes excluded characters from fullwidth ones.
  const excluded = EXCLUDED_IN_LOCAL.exec(local)
  if (excluded !== null) throw new JidError(`local part: ${excluded[0]} is not allowed`)
  return local
}

/**
 * The domain part that `s` stands for (RFC 7622 3.2): a domain name with U-labels, or an IP address.
 * @throws JidError
 */
export function prepareDomain(s: string): string {
  return prepared('domain part', s, domainOf)
}

/** The domain that `s` stands for; null if it is no domain. */
export const domainIn = (s: string): string | null => unlessFaulty(() => prepareDomain(s))

/**
 * The resource part that `s` stands for (RFC 7622 3.4).
 * @throws JidError
 */
export function prepareResource(s: string): string {
  return prepared('resource part', s, opaqueString)
}

function prepared(part: string, s: string, prepare: (s: string) => string): string {
  if (s.length > PART_UNITS_MAX) throw new JidError(`${part}: it is too long`)
  let text: string
  try {
    text = prepare(s)
  } catch (error) {
    if (error instanceof PrecisError || error instanceof DomainError) throw new JidError(`${part}: ${error.message}`)
    throw error
  }
  // A code unit has at most three octets.
  if (text.length * 3 > PART_OCTETS_MAX && Buffer.byteLength(text) > PART_OCTETS_MAX) {
    throw new JidError(`${part}: it is longer than ${PART_OCTETS_MAX} octets`)
  }
  return text
}
