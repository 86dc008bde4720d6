// A pretend room for the floor program: who joins is written to everybody and shown everybody, what is said is written to
// everybody. The octets are those that a room of XEP-0045 sends; there is no parsing, no rule, no archive.
const USER = 'http://jabber.org/protocol/muc#user'
const ID = `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='${'x'.repeat(43)}'/>`
const X = `<x xmlns='${USER}'><item affiliation='none' role='participant'/></x>${ID}`
const OWN = `<x xmlns='${USER}'><item affiliation='none' role='participant'/><status code='110'/></x>${ID}`

export class Rooms {
  #gather
  /** By address: the occupants, by nickname. */
  #rooms = new Map()
  #said = 0

  /** @param gather writes a text to a connection, with all others of this tick */
  constructor(gather) {
    this.#gather = gather
  }
  /** @returns what is left of the input, if it began with a stanza for a room; null if not */
  take(conn, input) {
    const isPresence = input.startsWith("<presence to='")
    if (!isPresence && !input.startsWith("<message type='groupchat'")) return null
    const begin = input.indexOf(" to='") + 5
    const to = input.slice(begin, input.indexOf("'", begin))
    const head = input.indexOf('>')
    const end =
      input[head - 1] === '/' ? head + 1 : input.indexOf('>', input.indexOf(isPresence ? '</presence' : '</message')) + 1
    const inside = input.slice(head + 1, input.lastIndexOf('<', end))
    if (!isPresence) this.#say(conn, to, input.slice(8, head), inside)
    else if (input.slice(0, head).includes('unavailable')) this.#leave(to)
    else this.#join(conn, to, inside.slice(0, Math.max(0, inside.indexOf('<x '))))
    return input.slice(end)
  }
  #join(conn, address, caps) {
    const [room, nick] = address.split('/')
    const people = this.#rooms.get(room) ?? new Map()
    this.#rooms.set(room, people)
    const me = { conn, nick, to: ` to='${conn.bare}/lg'>`, shown: `<presence from='${address}'`, rest: `${caps}${X}</presence>` }
    for (const one of people.values()) {
      this.#gather(conn, one.shown + me.to + one.rest)
      this.#gather(one.conn, me.shown + one.to + me.rest)
    }
    people.set(nick, me)
    conn.nick = nick
    this.#gather(conn, `${me.shown}${me.to}${caps}${OWN}</presence>`)
    this.#gather(conn, `<message from='${room}' type='groupchat'${me.to}<subject/></message>`)
  }
  #leave(address) {
    const [room, nick] = address.split('/')
    const people = this.#rooms.get(room)
    const me = people?.get(nick)
    if (me === undefined) return
    people.delete(nick)
    for (const one of people.values()) this.#gather(one.conn, `${me.shown} type='unavailable'${one.to}${X}</presence>`)
    this.#gather(me.conn, `${me.shown} type='unavailable'${me.to}${OWN}</presence>`)
    if (people.size === 0) this.#rooms.delete(room)
  }
  #say(conn, room, attributes, body) {
    const id = / id='[^']*'/.exec(attributes)?.[0] ?? ''
    const stanzaId = `<stanza-id xmlns='urn:xmpp:sid:0' id='${String((this.#said += 1)).padStart(22, '0')}' by='${room}'/>`
    const head = `<message from='${room}/${conn.nick}' type='groupchat'${id}`
    const rest = `${body}${ID}${stanzaId}</message>`
    for (const one of this.#rooms.get(room)?.values() ?? []) this.#gather(one.conn, head + one.to + rest)
  }
}
