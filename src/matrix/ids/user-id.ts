/**
 * User ids of Matrix and addresses of XMPP (MXR-10 to MXR-15). An account of ours has a user id of its own domain; everybody else
 * has one under a name that no account can have. What comes in is read generously, what goes out is always the same text.
 */
import { createHash } from 'node:crypto'
import { domainToASCII } from 'node:url'
import { addressOrNull, domainIn, jidOf, jidOrNull, prepareLocal, unlessFaulty, type Jid } from '../../xmpp/jid.ts'
import type { MediaNames } from './media-id.ts'

/** The longest id, in octets. */
const OCTETS_MAX = 255
/** Names of people elsewhere, and of occupants whose address is not shown. */
const FOREIGN = '_xmpp_'
const VEILED = '_occ_'
/** Stands in place of an address that is too long. */
const HASHED = '=00'
const HASH_OCTETS = 20

/** What an id may contain as it is, apart from letters of other scripts, which are read and never written. */
const PLAIN = /[a-z0-9._\-/+]/

/** Which ids this server gives. */
export interface UserIdSpace {
  /** The domains whose accounts are here, prepared. */
  readonly domains: readonly string[]
  /** The domain in the ids of people elsewhere: the same for all of them. */
  readonly ghostDomain: string
  /** What URLs of files are for Matrix clients. Absent: nothing. */
  readonly media?: MediaNames
}

/** The name of a server: its domain in ASCII. */
export const serverName = (domain: string): string => (domain.startsWith('[') ? domain : domainToASCII(domain) || domain)

/** MXR-10, MXR-11: the localpart of the id of an account. */
export function encodeLocal(local: string): string {
  const encoded = escaped(local)
  return encoded.startsWith(FOREIGN) || encoded.startsWith(VEILED) ? `=5f${encoded.slice(1)}` : encoded
}

/** The user id of an account of ours, or of somebody elsewhere. */
export function userIdOf(jid: Jid, { domains, ghostDomain }: UserIdSpace): string {
  if (domains.includes(jid.domain) && jid.local !== '') {
    const id = `@${encodeLocal(jid.local)}:${serverName(jid.domain)}`
    if (Buffer.byteLength(id) <= OCTETS_MAX) return id
  }
  const address = jid.local === '' ? `@${jid.domain}` : jid.bare
  const id = `@${FOREIGN}${escaped(address)}:${serverName(ghostDomain)}`
  return id.length <= OCTETS_MAX ? id : `@${FOREIGN}${HASHED}${hashOf(address)}:${serverName(ghostDomain)}`
}

/** Does the id belong to an occupant of a room whose address is not shown? Only the room knows who it is. */
export const isVeiledId = (id: string): boolean => id.startsWith(`@${VEILED}`)

/** MXR-13: 15 octets of the occupant id (XEP-0421) in base 32. @param domain of the accounts beside the room */
export const veiledUserId = (occupant: string, domain: string): string =>
  `@${VEILED}${base32(Buffer.from(occupant, 'base64url').subarray(0, VEILED_OCTETS))}:${serverName(domain)}`
const VEILED_OCTETS = 15
const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'
function base32(octets: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const octet of octets) {
    value = ((value << 8) | octet) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text += LETTERS[(value >> (bits - 5)) & 31]!
  }
  return text
}

/** Is it an id as people elsewhere have, and accounts whose name is too long for one of their own? */
export const isForeign = (id: string): boolean => id.startsWith(`@${FOREIGN}`)

/**
 * The bare address that a user id stands for. Null if it is none that this server could have given, if it is an occupant's
 * (`isVeiledId`), or if it stands for an address that is too long to be in it.
 */
export function jidOfUserId(id: string, { domains, ghostDomain }: UserIdSpace): Jid | null {
  const colon = id.indexOf(':')
  if (!id.startsWith('@') || colon < 0 || Buffer.byteLength(id) > OCTETS_MAX) return null
  const local = id.slice(1, colon).toLowerCase()
  const domain = domainIn(id.slice(colon + 1))
  if (domain === null || local.startsWith(VEILED)) return null
  if (local.startsWith(FOREIGN)) return domain === ghostDomain ? foreign(local.slice(FOREIGN.length), domains) : null
  return domains.includes(domain) ? ours(local, domain) : null
}

function ours(local: string, domain: string): Jid | null {
  const isReserved = local.startsWith(`=5f${FOREIGN.slice(1)}`) || local.startsWith(`=5f${VEILED.slice(1)}`)
  const name = unescaped(isReserved ? `_${local.slice(3)}` : local)
  return name === null ? null : unlessFaulty(() => jidOf(prepareLocal(name), domain))
}
function foreign(text: string, domains: readonly string[]): Jid | null {
  const address = unescaped(text)
  const jid = address === null ? null : addressOrNull(address.startsWith('@') ? address.slice(1) : address)
  if (jid === null || jid.resource !== '' || (jid.local === '') !== address!.startsWith('@')) return null
  return jid.local !== '' && domains.includes(jid.domain) ? null : jid
}

/**
 * The account that a user of Matrix names to log in (MXR-15): an id, an address, or a name.
 * @param domain of a name alone
 */
export function accountNamed(text: string, domain: string, space: UserIdSpace): Jid | null {
  if (text.startsWith('@')) return jidOfUserId(text, space)
  if (text.includes('@')) {
    const jid = jidOrNull(text)
    return jid !== null && jid.resource === '' && space.domains.includes(jid.domain) ? jid : null
  }
  return ours(text.toLowerCase(), domain) ?? unlessFaulty(() => jidOf(prepareLocal(text), domain))
}

function escaped(text: string): string {
  let out = ''
  for (const octet of Buffer.from(text)) {
    const char = String.fromCharCode(octet)
    out += octet < 128 && PLAIN.test(char) ? char : `=${octet.toString(16).padStart(2, '0')}`
  }
  return out
}
/** Null if an escape is wrong, or not needed: no two texts stand for the same name. */
function unescaped(text: string): string | null {
  const octets: Buffer[] = []
  for (const part of text.split(/(=.{0,2})/)) {
    if (!part.startsWith('=')) octets.push(Buffer.from(part))
    else if (!/^=[0-9a-f]{2}$/.test(part) || PLAIN.test(String.fromCharCode(parseInt(part.slice(1), 16)))) return null
    else octets.push(Buffer.from(part.slice(1), 'hex'))
  }
  const all = Buffer.concat(octets)
  const name = all.toString('utf8')
  return name === '' || name.includes('\0') || !Buffer.from(name).equals(all) ? null : name
}

const hashOf = (address: string): string => createHash('sha256').update(address).digest().subarray(0, HASH_OCTETS).toString('hex')
