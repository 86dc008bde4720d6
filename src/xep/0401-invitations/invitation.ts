/** What an invitation is, what it allows, and how it is written as a link. */
import { createHash } from 'node:crypto'
import type { Millis } from '../../base/clock.ts'
import type { Entropy } from '../../base/entropy.ts'
import type { Jid } from '../../xmpp/jid.ts'

export interface Invitation {
  /** For people who list and revoke. It allows nothing. */
  readonly id: string
  /** The bare JID of the user who invites; null: the operator does, for nobody. */
  readonly inviter: string | null
  /** Where accounts are made. */
  readonly domain: string
  /** The name that the account must have; '' if the invited person chooses it. */
  readonly name: string
  /** May an account be made with it? */
  readonly makesAccount: boolean
  /** Do the inviter and the invited person become each other's contacts? */
  readonly makesContact: boolean
  readonly usesMax: number
  readonly uses: number
  readonly createdAt: Millis
  readonly expiresAt: Millis
  /** What the operator has noted about it; '' for nothing. */
  readonly note: string
}
/** An invitation with the token, which only the one who made it ever sees. */
export interface NewInvitation extends Invitation {
  readonly token: string
}

/** 24 characters of 16: 96 bits, as XEP-0379 5 wants more than 80, in letters and digits only (XEP-0401 4.1). */
const TOKEN_OCTETS = 12
const ID_OCTETS = 4

export const newToken = (entropy: Entropy): string => entropy.bytes(TOKEN_OCTETS).toString('hex')
export const newId = (entropy: Entropy): string => entropy.bytes(ID_OCTETS).toString('hex')

/** What is stored instead of the token. A token is as random as a key, so one round of a hash is enough. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

export const isOpen = ({ uses, usesMax, expiresAt }: Invitation, now: Millis): boolean => uses < usesMax && expiresAt > now

/** XEP-0401 3, XEP-0445 2, XEP-0379 3.1. */
export function uriOf({ inviter, domain, name, makesAccount, makesContact, token }: NewInvitation): string {
  if (inviter !== null && makesContact && name === '')
    return `xmpp:${addressIn(inviter)}?roster;preauth=${token}${makesAccount ? ';ibr=y' : ''}`
  return `xmpp:${name === '' ? domain : addressIn(`${name}@${domain}`)}?register;preauth=${token}`
}
/** RFC 5122: what an address may contain and a URI may not is percent-encoded. */
const addressIn = (bare: string): string => bare.split('@').map(encodeURIComponent).join('@')

/** The page for browsers. The token is behind the #, so it is in no log and is sent to no other site. */
export const pageOf = (origin: string, token: string): string | null => (origin === '' ? null : `${origin}/invite#${token}`)

/** May this invitation make `contact` a contact of `owner`? */
export const befriends = (invitation: Invitation, owner: Jid, now: Millis): boolean =>
  invitation.makesContact && invitation.inviter === owner.bare && isOpen(invitation, now)
