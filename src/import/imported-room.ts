/** A room as another server stored it: each part is checked, or set aside with the reason. The rest is imported. */
import type { Millis } from '../base/clock.ts'
import type { Affiliation } from '../rooms/machine/affiliation.ts'
import type { RoomConfig } from '../rooms/machine/config.ts'
import { nickIn, nickKeys } from '../rooms/machine/nicks.ts'
import type { Element } from '../xml/element.ts'
import { addressIn, jid, JidError, unlessFaulty, type Jid } from '../xmpp/jid.ts'

export interface ImportedMember {
  readonly affiliation: Affiliation
  /** Reserved for this person. */
  readonly nick: string | null
  readonly reason: string
}
export interface ImportedSubject {
  readonly text: string
  /** Of the author; null if unknown. */
  readonly nick: string | null
  /** Null if unknown. */
  readonly at: Millis | null
}

const AFFILIATIONS: readonly string[] = ['owner', 'admin', 'member', 'outcast'] satisfies Affiliation[]
/** Characters of a reason. */
const REASON_MAX = 200

export class ImportedRoom {
  /** Bare. */
  readonly jid: Jid
  /** By bare JID; of those who are banned also by domain. */
  readonly members = new Map<string, ImportedMember>()
  /** The settings that are known, unchecked. */
  config: Partial<RoomConfig> = {}
  subject: ImportedSubject | null = null
  /** As vcard-temp; null: it has none. */
  card: Element | null = null
  /** What could not be imported, in words. */
  readonly leftOut: string[] = []
  readonly #nicks = new Set<string>()

  /** @throws JidError */
  constructor(address: string) {
    this.jid = jid(address)
    if (this.jid.resource !== '' || this.jid.local === '') throw new JidError(`${address} is no room`)
  }
  addMember(address: string, affiliation: string, reason: string, nick: string | null): void {
    const who = unlessFaulty(() => addressIn(address))
    if (who === null) return void this.leftOut.push(`the affiliation of "${address}", which is no address`)
    const isDomain = who.local === ''
    if (!AFFILIATIONS.includes(affiliation) || (isDomain && affiliation !== 'outcast'))
      return void this.leftOut.push(`the affiliation "${affiliation}" of ${who.bare}`)
    const member = { affiliation: affiliation as Affiliation, reason: [...reason].slice(0, REASON_MAX).join(''), nick: null }
    this.members.set(who.bare, { ...member, nick: nick === null ? null : this.#nick(nick, who.bare) })
  }
  /** Null: the nickname cannot be reserved. */
  #nick(text: string, who: string): string | null {
    const nick = nickIn(text)
    const keys = nick === null ? [] : nickKeys(nick)
    if (nick === null || keys.some((key) => this.#nicks.has(key))) {
      this.leftOut.push(`the nickname "${text}" of ${who}, which cannot be reserved`)
      return null
    }
    for (const key of keys) this.#nicks.add(key)
    return nick
  }
}
