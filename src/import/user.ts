/**
 * A user as another server stored it, in any format: each part is checked, or set aside with the reason. What is set aside
 * is named in the report; the rest is imported.
 */
import type { Millis } from '../base/clock.ts'
import { contactOf, type RosterItem } from '../im/account.ts'
import type { PendingRequest } from '../server/ports.ts'
import type { Element } from '../xml/element.ts'
import { escape } from '../xml/wire.ts'
import type { Credentials, ScramHash, ScramKeys } from '../xmpp/credentials.ts'
import { isArchivable } from '../xmpp/archivable.ts'
import { parseDateTime } from '../xmpp/datetime.ts'
import { DELAY } from '../xmpp/delay.ts'
import { addressIn, jid, JidError, strictIfOurs, unlessFaulty, type Jid } from '../xmpp/jid.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { Packet, Payload } from '../xmpp/packet.ts'
import { RETRACT } from '../xmpp/retraction.ts'
import { STANZA_ID } from '../xmpp/stanza-id.ts'
import { ImportedNodes } from './nodes.ts'

export interface OfflineMessage {
  readonly packet: Packet
  readonly receivedAt: Millis
}

export interface ArchivedMessage extends OfflineMessage {
  /** Null: it gets a new one. */
  readonly id: string | null
  readonly isSent: boolean
}

export class ImportedUser {
  /** The bare JID. */
  readonly jid: Jid
  /** Null if only keys are known, or nothing. */
  password: string | null = null
  /** The user may not log in. */
  isDisabled = false
  readonly keys: Partial<Record<ScramHash, ScramKeys>> = {}
  readonly roster = new Map<string, RosterItem>()
  readonly pending = new Map<string, PendingRequest>()
  readonly blocked = new Map<string, Jid>()
  readonly offline: OfflineMessage[] = []
  readonly archive: ArchivedMessage[] = []
  /** XEP-0054; null without one. */
  card: Element | null = null
  /** XEP-0049: by namespace and name. */
  readonly privates = new Map<string, Element>()
  /** XEP-0163 */
  readonly nodes = new ImportedNodes()
  /** What could not be imported, in words. */
  readonly leftOut: string[] = []
  readonly #now: Millis

  /** @throws JidError */
  constructor(local: string, domain: string, now: Millis) {
    this.jid = jid(`${local}@${domain}`)
    if (this.jid.resource !== '' || this.jid.local === '') throw new JidError(`${local}@${domain} is no account`)
    this.#now = now
  }
  get credentials(): Credentials | null {
    return Object.keys(this.keys).length === 0 ? null : this.keys
  }

  /** All keys in base64, encoded once or twice. An impossible key is set aside. */
  addKeys(mechanism: string, keys: MaybeKeys): void {
    const hash = HASHES[mechanism]
    if (hash === undefined) return void this.leftOut.push(`the keys of ${mechanism}, which this server does not know`)
    const { iterations, salt, storedKey, serverKey } = onceEncoded(keys, OCTETS[hash])
    const isWhole = (text: string | undefined): text is string => octetsOf(text) === OCTETS[hash]
    if (!isWhole(storedKey) || !isWhole(serverKey) || octetsOf(salt) === 0 || !isCount(iterations))
      return void this.leftOut.push(`the keys of ${mechanism}, which are damaged`)
    this.keys[hash] = { iterations, salt: salt!, storedKey, serverKey }
  }
  addContact(address: string, { name = '', groups = [], subscription = 'none', ask = false, approved = false }: Contact): void {
    const contact = this.#address(address, 'contact')
    if (contact === null) return
    const key = contactOf(contact)
    if (!isSubscription(subscription))
      return void this.leftOut.push(`the contact ${address}, with the subscription "${subscription}"`)
    if (key.full === this.jid.full || this.roster.has(key.full)) return
    const isAsked = ask && (subscription === 'none' || subscription === 'from')
    this.roster.set(key.full, { jid: key, name, groups: [...new Set(groups)], subscription, ask: isAsked, approved })
  }
  /** A request that waits for an answer (RFC 6121 3.1.3). @param stanza null if it was not stored */
  addRequest(address: string, stanza: Element | null): void {
    const from = this.#address(address, 'subscription request of')
    if (from === null) return
    const item = this.roster.get(from.bare)
    if (item?.subscription === 'from' || item?.subscription === 'both' || from.bare === this.jid.bare) return
    const packet = packetOf('presence', 'subscribe', from.asBare, this.jid, stanza)
    this.pending.set(from.bare, { from: from.asBare, stanza: packet, receivedAt: this.#now })
  }
  block(address: string): void {
    const entry = this.#address(address, 'blocked address')
    if (entry !== null) this.blocked.set(entry.full, entry)
  }
  addMessage(message: Element): void {
    const from = this.#address(message.attr('from') ?? '', 'message from')
    if (from === null) return
    const to = message.attr('to') === undefined ? this.jid : this.#address(message.attr('to')!, 'message to')
    if (to === null) return
    const type = message.attr('type') ?? ''
    if (!/^(|chat|normal|headline|groupchat)$/.test(type)) return void this.leftOut.push(`a message of the type "${type}"`)
    const delay = message.child('delay', DELAY)
    const receivedAt = parseDateTime(delay?.attr('stamp') ?? message.attr('stamp') ?? '') ?? this.#now
    // Our own delay is added when the message is delivered.
    const kept = message.elements.filter((child) => child !== delay && child.ns !== LEGACY_DELAY)
    this.offline.push({ packet: packetOf('message', type, from, to, message, kept), receivedAt })
  }

  /** A message of the archive. What no archive here keeps is left out without a word. @param at null: it is not known */
  addArchived(message: Element, at: Millis | null, id: string | null): void {
    if (!message.is('message', CLIENT) || at === null) return void this.leftOut.push('a message of the archive, which is damaged')
    const [from, to] = ['from', 'to'].map((name) => unlessFaulty(() => addressIn(message.attr(name) ?? this.jid.full)))
    if (from == null || to == null) return void this.leftOut.push('a message of the archive, which names no address')
    const isSent = from.bare === this.jid.bare
    if (!isSent && to.bare !== this.jid.bare) return
    const kept = message.elements.filter((e) => !(e.is('stanza-id', STANZA_ID) && e.attr('by') === this.jid.bare))
    const packet = packetOf('message', message.attr('type') ?? '', from, to, message, kept)
    const isTombstone = kept.some((e) => e.is('retracted', RETRACT))
    if (!isTombstone && !isArchivable(packet)) return
    this.archive.push({ packet, receivedAt: at, id: id !== null && USABLE_ID.test(id) ? id : null, isSent })
  }

  /** Items of its nodes. */
  addItems(pubsub: Element): void {
    this.nodes.addItems(pubsub, this.#now)
  }
  addPrivate(element: Element): void {
    this.privates.set(`${element.ns} ${element.name}`, element)
  }

  #address(text: string, what: string): Jid | null {
    const address = unlessFaulty(() => strictIfOurs(addressIn(text), ({ domain }) => domain === this.jid.domain))
    if (address === null) this.leftOut.push(`the ${what} "${text}", which is no address`)
    return address
  }
}

export interface Contact {
  readonly name?: string
  readonly groups?: readonly string[]
  readonly subscription?: string
  readonly ask?: boolean
  readonly approved?: boolean
}

const HASHES: Readonly<Record<string, ScramHash>> = {
  'SCRAM-SHA-1': 'sha-1',
  'SCRAM-SHA-256': 'sha-256',
  'SCRAM-SHA-512': 'sha-512',
}
const OCTETS: Readonly<Record<ScramHash, number>> = { 'sha-1': 20, 'sha-256': 32, 'sha-512': 64 }
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/
const octetsOf = (text = ''): number => (BASE64.test(text) ? Buffer.from(text, 'base64').length : 0)
type GivenKeys = Pick<ScramKeys, 'iterations' | 'salt' | 'storedKey' | 'serverKey'>
type MaybeKeys = { readonly [K in keyof GivenKeys]: GivenKeys[K] | undefined }

/** A valid count of PBKDF2 rounds. Real counts are smaller than the limit, and a larger one would delay everybody's login. */
const isCount = (count: number | undefined): count is number => Number.isInteger(count) && count! > 0 && count! <= 10_000_000

/** ejabberd 23.01 encodes texts a second time that are base64 already. The keys show it, because their length is known. */
function onceEncoded(keys: MaybeKeys, octets: number): MaybeKeys {
  const inner = (text = ''): string => Buffer.from(text, 'base64').toString('latin1')
  const { salt, storedKey, serverKey } = keys
  if (![storedKey, serverKey].every((text) => octetsOf(text) !== octets && octetsOf(inner(text)) === octets)) return keys
  return { ...keys, salt: inner(salt), storedKey: inner(storedKey), serverKey: inner(serverKey) }
}

/** An id that another server has given, and that needs no escaping. */
const USABLE_ID = /^[\w.:+/=-]{1,100}$/
const LEGACY_DELAY = 'jabber:x:delay'

const isSubscription = (text: string): text is RosterItem['subscription'] => /^(none|to|from|both)$/.test(text)

function packetOf(
  kind: 'message' | 'presence',
  type: string,
  from: Jid,
  to: Jid,
  stanza: Element | null,
  children: readonly Element[] = stanza?.elements ?? [],
): Packet {
  const [id, lang] = [stanza?.attr('id'), stanza?.attr('xml:lang')]
  return Packet.of({
    kind,
    type,
    from,
    to,
    id: id === undefined ? null : escape(id),
    lang: lang === undefined ? null : escape(lang),
    payload: Payload.of(...children),
  })
}
