/**
 * What a room says in messages: what its occupants have said (XEP-0045 7.4), what has changed in its configuration (10.2), and
 * what people outside are told: invitations (7.8.2), affiliations (9), requests to be let in (9.9).
 */
import { seesAddresses } from '../../rooms/machine/audience.ts'
import type { Affiliation } from '../../rooms/machine/affiliation.ts'
import type { ConfigChanges } from '../../rooms/machine/config.ts'
import type { Occupant, Room } from '../../rooms/machine/room.ts'
import type { Entry } from '../../rooms/log.ts'
import type { AffiliationChange, Tell } from '../../rooms/machine/tells.ts'
import { escape, wire, type Wire } from '../../xml/wire.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { DIRECT_INVITE, MUC_USER } from './ns.ts'
import { PORTION, stepOf } from './affiliation-versions.ts'
import { elementOf, itemElement, userElement, type Item, type OccupantTexts } from './occupant-texts.ts'
import { approvalForm } from './approval-forms.ts'
import type { Notices } from './notices.ts'

export interface MessagesParts {
  readonly room: Room
  readonly texts: OccupantTexts
  readonly send: (packet: Packet) => void
  readonly nextId: () => Wire
  readonly notices: Notices
}
type Of<K extends Tell['tell']> = Extract<Tell, { tell: K }>

export class MessageTelling {
  readonly #room: Room
  readonly #send: (packet: Packet) => void
  readonly #nextId: () => Wire
  readonly #notices: Notices

  constructor({ room, send, nextId, notices }: MessagesParts) {
    this.#room = room
    this.#send = send
    this.#nextId = nextId
    this.#notices = notices
  }

  /** To every session in the room. */
  reflect(packet: Packet): void {
    for (const { sessions } of this.#room.occupants.values())
      for (const session of sessions) this.#send(packet.addressedTo(session.jid))
  }
  /** To those who may hear it. @returns the others */
  reflectTo(packet: Packet, mayHear: (who: Occupant) => boolean): readonly Occupant[] {
    const others: Occupant[] = []
    for (const occupant of this.#room.occupants.values())
      if (!mayHear(occupant)) others.push(occupant)
      else for (const session of occupant.sessions) this.#send(packet.addressedTo(session.jid))
    return others
  }

  /** 10.2.1, ROOM-93: all codes in one message. */
  configured({ changes }: Of<'configured'>): void {
    this.reflectCodes(codesOf(this.#room, changes))
  }
  /** To all: what about the room is another one (15.6). */
  reflectCodes(codes: readonly number[]): void {
    this.#reflectFromRoom(userElement(null, codes))
  }
  #reflectFromRoom(content: Wire): void {
    this.reflect(this.#fromRoom('groupchat', content, this.#nextId()))
  }

  /** ROOM-32: affiliations of absent people. They are told, and so are the occupants who may know, in as few messages as possible. */
  affiliations({ changes }: Of<'affiliations'>, entries: readonly Entry[]): void {
    const absent = changes.filter(({ isPresent }) => !isPresent)
    for (const change of absent) this.#tellAbsent(change)
    for (let i = 0; i < absent.length; i += PORTION) this.#tellOfAbsent(absent.slice(i, i + PORTION), entries)
  }
  #tellAbsent({ of, after, isInvited, cause }: AffiliationChange): void {
    const who = jid(of)
    if (who.local === '' || !this.#notices.mayTell(cause.by)) return
    if (isInvited) this.invited({ tell: 'invited', who: of, cause, entry: 0, thread: null })
    this.#sendTo(who, 'normal', userElement(absentItem(after, who), [101]))
  }
  #tellOfAbsent(changes: readonly AffiliationChange[], entries: readonly Entry[]): void {
    const step = stepOf(this.#room, entries, changes[0]!.entry, changes.at(-1)!.entry)
    const items = changes.map(({ of, after }) => itemElement(absentItem(after, jid(of)))).join('')
    const packet = this.#fromRoom('normal', userElement(null, [], wire(items + step)), this.#nextId())
    for (const viewer of this.#room.occupants.values())
      if (seesAddresses(this.#room.facts, viewer))
        for (const session of viewer.sessions) this.#send(packet.addressedTo(session.jid))
  }

  /** 7.8.2, ROOM-106. Old clients know XEP-0249 only. */
  invited({ who, cause, thread }: Of<'invited'>): void {
    const { config } = this.#room.facts
    const password = config.passwordProtected ? config.password : ''
    const from = cause.by === null ? this.#room.address.bare : this.#inviterFor(cause.by, cause.nick)
    const goesOn = thread === null ? '' : `<continue${attribute('thread', thread)}/>`
    const invite = `<invite from='${escape(from)}'>${elementOf('reason', cause.reason)}${goesOn}</invite>`
    const x = `<x xmlns='${MUC_USER}'>${invite}${elementOf('password', password)}</x>`
    const address = this.#room.address.wire
    const goesOnDirectly = thread === null ? '' : ` continue='true'${attribute('thread', thread)}`
    const extra = attribute('password', password) + attribute('reason', cause.reason) + goesOnDirectly
    const direct = `<x xmlns='${DIRECT_INVITE}' jid='${address}'${extra}/>`
    this.#sendTo(jid(who), 'normal', wire(x + direct))
  }
  /** The bare address where everybody may see it, otherwise the address in the room. */
  #inviterFor(bare: string, nick: string | null): string {
    const { facts, address } = this.#room
    if (facts.config.whois === 'anyone') return bare
    return nick === null ? address.bare : `${address.bare}/${nick}`
  }
  declined({ who, to, reason }: Of<'declined'>): void {
    const content = `<decline from='${escape(who)}'>${elementOf('reason', reason)}</decline>`
    this.#sendTo(jid(to), 'normal', wire(`<x xmlns='${MUC_USER}'>${content}</x>`))
  }

  /** 9.9: to everybody who may decide it. */
  asked({ who, nick }: Of<'asked'>): void {
    const content = Payload.of(approvalForm(who, nick)).text
    for (const member of this.#room.members.values())
      if (member.affiliation === 'owner' || member.affiliation === 'admin') this.#sendTo(jid(member.jid), 'normal', content)
  }

  #sendTo(to: Jid, type: string, content: Wire): void {
    this.#send(this.#fromRoom(type, content, this.#nextId()).addressedTo(to))
  }
  #fromRoom(type: string, content: Wire, id: Wire): Packet {
    const payload = Payload.ofText(content)
    return Packet.of({ kind: 'message', type: type === 'normal' ? '' : type, from: this.#room.address, id, payload })
  }
}

const absentItem = (affiliation: Affiliation, who: Jid): Item => ({ affiliation, role: 'none', jid: who })

/** What says itself has its own code; for everything else there is 104. */
function codesOf({ facts }: Room, changes: ConfigChanges): readonly number[] {
  const codes: number[] = []
  const { publicLog, whois, ...others } = changes
  if (publicLog !== undefined) codes.push(facts.config.publicLog ? 170 : 171)
  if (whois !== undefined) codes.push(facts.config.whois === 'anyone' ? 172 : 173)
  if (Object.keys(others).length > 0) codes.push(104)
  return codes
}
const attribute = (name: string, text: string): string => (text === '' ? '' : ` ${name}='${escape(text)}'`)
