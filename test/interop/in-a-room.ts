/** A person in a room, with a real client: what they do there, and what their client shows them of the others. */
import assert from 'node:assert/strict'
import { OrderRefused, type DrivenPerson } from './driven.ts'
import type { ShownOccupant } from './driver-protocol.ts'

export interface Seen {
  /** Status codes; none unless it is said. */
  readonly codes?: readonly number[]
  /** The real address, bare; '' if it must not be told. Not looked at unless it is said. */
  readonly jid?: string
  /** By the room or by our server (XEP-0310): why the presence is in doubt. None unless it is said. */
  readonly doubts?: readonly string[]
}

export class Guest {
  readonly person: DrivenPerson
  readonly room: string
  nick: string

  constructor(person: DrivenPerson, room: string, nick: string) {
    this.person = person
    this.room = room
    this.nick = nick
  }
  at(nick: string): string {
    return `${this.room}/${nick}`
  }
  /** @returns who is there already, as they are shown before oneself */
  async enter(...others: readonly string[]): Promise<void> {
    const { room, nick } = this
    await this.person.order({ do: 'enter', room, nick })
    const seen: string[] = []
    for (let i = 0; i <= others.length; i++) seen.push((await this.#next()).from)
    assert.deepEqual(seen.slice(0, -1).toSorted(), others.map((other) => this.at(other)).toSorted())
    assert.equal(seen.at(-1), this.at(nick))
  }
  /** @returns the condition */
  async isRefused(): Promise<string> {
    const { room, nick } = this
    return conditionOf(this.person.order({ do: 'enter', room, nick }))
  }
  /** Makes the room, and takes it as it is. */
  async found(): Promise<void> {
    await this.enter()
    await this.person.order({ do: 'open', room: this.room })
  }
  /** slixmpp does not look at what the room says of it then. */
  async leave(): Promise<void> {
    await this.person.order({ do: 'leave', room: this.room, nick: this.nick })
  }
  async rename(nick: string): Promise<void> {
    await this.person.order({ do: 'rename', room: this.room, nick })
    await this.seesRenamed(this.nick, nick, [110])
    this.nick = nick
  }
  async kick(nick: string): Promise<void> {
    await this.person.order({ do: 'kick', room: this.room, nick })
  }
  async say(body: string): Promise<void> {
    await this.person.order({ do: 'tell', room: this.room, body })
  }
  async reads(nick: string, body: string): Promise<void> {
    const message = await this.person.next('message', this.room)
    assert.deepEqual([message.from, message.body], [this.at(nick), body])
  }
  /** XEP-0410: the condition, or '' if they are in. */
  isIn(): Promise<string> {
    return this.ping(this.nick)
  }
  /** @returns the condition, or '' for a result */
  ping(nick: string): Promise<string> {
    return conditionOf(this.person.order({ do: 'ping', jid: this.at(nick) }))
  }
  async nameOnCard(nick: string): Promise<string> {
    return (await this.person.order({ do: 'card', jid: this.at(nick) })) as string
  }

  async sees(nick: string, seen: Seen = {}): Promise<void> {
    this.#compare(await this.#next(), nick, true, seen)
  }
  /** The same, perhaps behind their own presence: a room that could not tell them something when it had to tells them all. */
  async seesAfterAll(nick: string): Promise<void> {
    let seen = await this.#next()
    if (seen.from === this.at(this.nick) && seen.codes.includes(110)) seen = await this.#next()
    this.#compare(seen, nick, true, {})
  }
  async seesGone(nick: string, seen: Seen = {}): Promise<void> {
    this.#compare(await this.#next(), nick, false, seen)
  }
  /** For whatever reason: servers give different ones for somebody whom they do not reach. */
  async seesGoneFor(nick: string): Promise<void> {
    const seen = await this.#next()
    this.#compare(seen, nick, false, { codes: seen.codes })
  }
  /** 7.6. @param codes that both presences have */
  async seesRenamed(from: string, to: string, codes: readonly number[] = []): Promise<void> {
    await this.seesGone(from, { codes: [...codes, 303] })
    await this.sees(to, { codes })
  }
  /** What its client has received so far does not count for `neverLearnt`. */
  async forgetOctets(): Promise<void> {
    await this.person.order({ do: 'octets' })
  }
  /** Not one octet that its client has received since names any of these. */
  async neverLearnt(...addresses: readonly string[]): Promise<void> {
    const stanzas = (await this.person.order({ do: 'octets' })) as readonly string[]
    const revealing = stanzas.filter((stanza) => addresses.some((address) => stanza.includes(address)))
    assert.deepEqual(revealing, [], `${this.person.jid} must not learn an address`)
  }
  /** Nothing was shown but what was looked at. */
  async sawAll(): Promise<void> {
    await this.person.settle()
    assert.deepEqual([...this.person.unread('occupant'), ...this.person.unread('message')], [])
  }

  #next(): Promise<ShownOccupant> {
    return this.person.next('occupant', this.room)
  }
  #compare(seen: ShownOccupant, nick: string, there: boolean, { codes = [], jid, doubts = [] }: Seen): void {
    const bare = seen.jid.split('/', 1)[0]!
    const [is, was] = [
      { nick, there, codes, doubts, jid: jid ?? bare },
      { nick: seen.from.slice(this.room.length + 1), there: seen.there, codes: seen.codes, doubts: seen.doubts, jid: bare },
    ]
    assert.deepEqual(was, is, `${this.person.jid} should see the first`)
  }
}

async function conditionOf(order: Promise<unknown>): Promise<string> {
  try {
    await order
    return ''
  } catch (error) {
    if (error instanceof OrderRefused) return error.message
    throw error
  }
}
