/** For random scripts in a room: one client, what it believes of the room, and what it must not learn (ROOM-141). */
import assert from 'node:assert/strict'
import { ASKING } from './annotations.ts'
import { MUC, ROOM } from './rooms.ts'
import type { StoryClient } from './story-client.ts'
import type { Xml } from './xml-reader.ts'

export const JOIN = `<x xmlns='${MUC}'><history maxstanzas='0'/></x>`
export const presenceIn = (nick: string, inside: string, type = ''): string =>
  `<presence to='${ROOM}/${nick}'${type}>${inside}</presence>`
export const UNLOCK = `<iq type='set' id='u' to='${ROOM}'><query xmlns='${MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`

/** One client and what it believes of the room. */
export class Person {
  readonly user: string
  readonly client: StoryClient
  /** By nickname: is the presence in doubt? */
  readonly sees = new Map<string, boolean>()
  own: string | null = null
  readonly log: string[] = []

  readonly #asks: boolean
  readonly #hidden: readonly string[]

  /** @param asks for annotations @param hidden the addresses that it must not learn */
  constructor(user: string, client: StoryClient, asks: boolean, hidden: readonly string[]) {
    this.user = user
    this.client = client
    this.#asks = asks
    this.#hidden = hidden
  }
  get caps(): string {
    return this.#asks ? ASKING.c : ''
  }
  read(): void {
    for (const stanza of this.client.take()) {
      this.log.push(stanza.show().slice(0, 300))
      this.#expectNoAddress(stanza)
      if (stanza.name === 'iq' && stanza.attr('type') === 'get') this.#answer(stanza)
      if (stanza.name === 'presence' && stanza.attr('from')?.startsWith(`${ROOM}/`) === true) this.#fold(stanza)
    }
  }
  #answer(question: Xml): void {
    const inside = question.child('query') === undefined || this.caps === '' ? '' : ASKING.query
    this.client.send(`<iq type='result' id='${question.attr('id')!}' to='${question.attr('from')!}'>${inside}</iq>`)
  }
  #fold(stanza: Xml): void {
    const nick = stanza.attr('from')!.slice(ROOM.length + 1)
    const codes = stanza.child('x')?.elements.map((e) => e.attr('code')) ?? []
    if (stanza.attr('type') === 'unavailable') {
      this.sees.delete(nick)
      if (!codes.includes('110')) return
      this.own = null
      if (!codes.includes('303')) this.sees.clear()
    } else if (stanza.attr('type') === undefined) {
      const annotations = stanza.elements.filter(({ name }) => name === 'state-annotation')
      this.sees.set(
        nick,
        annotations.some(({ elements }) => elements.length > 0),
      )
      if (codes.includes('110')) this.own = nick
    }
  }
  #expectNoAddress(stanza: Xml): void {
    for (const user of this.#hidden)
      assert(!stanza.show().includes(user), `${this.client.jid} has learnt ${user}: ${stanza.show()}`)
  }
}
