/**
 * XMPP addresses (RFC 7622): local@domain/resource. Splitting (3.1, 3.2), preparation and enforcement of the
 * three parts (3.2 to 3.4) and their limits in octets. The escapes of XEP-0106 are ordinary characters here
 * (its section 4.1). Two addresses are the same when their `full` strings are.
 *
 * What other servers call their users may break RFC 7622 3.3 and 3.4: most servers still follow RFC 6122, which
 * allows more. Such a part is kept as it stands (DEVIATES(21)), and the address has a `fault`.
 */
import { valueOf } from '../xml/entities.ts'
import { encode, escape, unpin, type Wire } from '../xml/wire.ts'
import { DomainError, domainOf } from './idna.ts'
import { opaqueString, PrecisError, usernameCaseMapped } from './precis.ts'
import { WireCache } from './wire-cache.ts'

/** A string that is not an address. The message says which part is wrong, and why. */
export class JidError extends Error {}

/** An address whose parts are prepared. Made by `jid`, `jidOfWire` and `jidOf`. */
export class Jid {
  /** Prepared, or with a fault; '' when absent. */
  readonly local: string
  readonly domain: string
  /** Prepared, or with a fault; '' when absent. */
  readonly resource: string
  readonly bare: string
  readonly full: string
  /** `full` as the value of an attribute. */
  readonly wire: Wire
  /** What RFC 7622 forbids in the local part or the resource; null: nothing. An address of our own domains has none. */
  readonly fault: string | null
  #asBare: Jid | null = null

  /** The strings must fit each other; `jidOf` sees to that. */
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
  /** Without the resource: itself when it has none. Equal addresses share theirs while they are in use. */
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
/** NFC makes at most four code units one. What is longer than this cannot become short enough: it is not looked at. */
const PART_UNITS_MAX = 4 * PART_OCTETS_MAX
const JIDS_CACHED_MAX = 20_000
/** Longer values are parsed each time, so that strangers cannot fill the cache with large ones. */
const CACHED_OCTETS_MAX = 512

const cache = new WireCache<Jid>(JIDS_CACHED_MAX)

/**
 * Parses and prepares an address that obeys RFC 7622 in all its parts. Its strings may be slices of `text`: what was
 * cut from a chunk of input goes through `jidOfWire`.
 * @throws JidError
 */
export function jid(text: string): Jid {
  const address = addressIn(text)
  if (address.fault !== null) throw new JidError(address.fault)
  return address
}

/**
 * The address in the value of an attribute, as the scanner has read it from the XML; hot ones are remembered. It may
 * have a `fault`.
 * @throws JidError: not even another server can have such an address
 */
export function jidOfWire(value: Wire): Jid {
  return cache.get(value) ?? parsed(value)
}

/** Is this a name that this server gives, to an account or to something in a service? */
export type IsOurs = (name: Jid) => boolean

/**
 * `address`, which obeys RFC 7622 in all its parts if it is ours.
 * @throws JidError
 */
export function strictIfOurs(address: Jid, isOurs: IsOurs): Jid {
  if (address.fault !== null && isOurs(address)) throw new JidError(address.fault)
  return address
}

/**
 * The domain in an address of which `jidOfWire` wants to know nothing.
 * @throws JidError
 */
export function domainOfWire(value: Wire): string {
  return prepareDomain(split(valueOf(unpin(value))).domain)
}

/** An address from parts that are prepared already. Nothing is checked. */
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

/** RFC 7622 3.2: first the resource is taken off, then the local part, before anything is mapped (3.1). Null: absent. */
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
 * The address in a text, which may have a `fault`.
 * @throws JidError: not even another server can have such an address
 */
export function addressIn(text: string): Jid {
  const raw = split(text)
  let fault: string | null = null
  /** Prepared, or as it stands. */
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

/**
 * What RFC 6122 forbids as well, as far as it matters to who only passes an address on: what would make another
 * address of it, and control characters.
 */
const IMPOSSIBLE_IN_LOCAL = /["&'/:<>@\p{Z}\p{Cc}]/u
const IMPOSSIBLE_IN_RESOURCE = /\p{Cc}/u

const isPossible = (s: string, isImpossible: RegExp): boolean =>
  s !== '' && s.length <= PART_OCTETS_MAX && Buffer.byteLength(s) <= PART_OCTETS_MAX && !isImpossible.test(s)

/** UsernameCaseMapped at once: printable ASCII without upper case and without what RFC 7622 3.3.1 excludes. */
const PLAIN_LOCAL = /^[!#-%(-.0-9;=?[-~]+$/
const EXCLUDED_IN_LOCAL = /["&'/:<>@]/

/**
 * The local part that `s` stands for (RFC 7622 3.3).
 * @throws JidError
 */
export function prepareLocal(s: string): string {
  if (PLAIN_LOCAL.test(s) && s.length <= PART_OCTETS_MAX) return s
  const local = prepared('local part', s, usernameCaseMapped)
  // After mapping, which makes such characters out of fullwidth ones.
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

/** The domain that `s` stands for; null: none. */
export function domainIn(s: string): string | null {
  try {
    return prepareDomain(s)
  } catch (error) {
    if (error instanceof JidError) return null
    throw error
  }
}

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
  // No code unit has more than three octets.
  if (text.length * 3 > PART_OCTETS_MAX && Buffer.byteLength(text) > PART_OCTETS_MAX) {
    throw new JidError(`${part}: it is longer than ${PART_OCTETS_MAX} octets`)
  }
  return text
}
