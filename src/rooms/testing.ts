/** For the tests of this folder: a room, people who do something in it, and what comes of it in words. */
import { el } from '../xml/element.ts'
import { jid, type Jid } from '../xmpp/jid.ts'
import { Payload } from '../xmpp/packet.ts'
import { LIMITS, SERVICE, type Actor, type ChangeItem, type Command, type RoomLimits } from './machine/commands.ts'
import { DEFAULTS, type RoomConfig } from './machine/config.ts'
import { decide, isRefused } from './machine/decide.ts'
import type { Draft, Said } from './machine/drafts.ts'
import type { Reason } from './machine/refusals.ts'
import type { Affiliation, Role } from './machine/affiliation.ts'
import { Room, type Occupant, type PresenceFacts, type RoomFacts } from './machine/room.ts'
import type { Tell } from './machine/tells.ts'

export const ROOM = jid('den@conference.a.example')
export const NOON = Date.UTC(2026, 0, 1, 12)
const FACTS: RoomFacts = {
  config: { ...DEFAULTS, persistent: true },
  subject: null,
  lockedFor: null,
  pictures: [],
  hats: [],
  ended: null,
  quietFrom: null,
}

export const emptyRoom = (): Room =>
  new Room({ uid: 'uid-1', address: ROOM, createdAt: NOON, secret: Buffer.alloc(32, 7) }, FACTS)

/** The bare JID of somebody. */
export const bareOf = (name: string): string => (name.includes('@') ? name : `${name}@a.example`)
/** `romeo` or `romeo/phone`. */
export function sessionOf(name: string): Jid {
  const [who, resource = '1'] = name.split('/') as [string, string?]
  return jid(`${bareOf(who)}/${resource}`)
}
export const shows = (text: string, priority = 0): PresenceFacts => ({
  payload: text === '' ? Payload.empty : Payload.of(el('show', 'jabber:client', {}, text)),
  lang: null,
  priority,
})
export const said = (text: string): Said => ({
  payload: Payload.of(el('body', 'jabber:client', {}, text)),
  lang: null,
  fromId: null,
  givenId: null,
  mx: null,
  isPassing: false,
})

export class Scene {
  readonly room = emptyRoom()
  readonly limits: RoomLimits
  now = NOON
  /** Of the last command that was not refused. */
  entries: readonly Draft[] = []
  tells: readonly Tell[] = []

  constructor(config: Partial<RoomConfig> = {}, limits: Partial<RoomLimits> = {}) {
    this.limits = { ...LIMITS, ...limits }
    this.room.facts = { ...FACTS, config: { ...FACTS.config, ...config } }
  }
  /** @returns why it is refused; null: it is done */
  do(command: Command, by: string | Actor = SERVICE): Reason | null {
    const decision = decide(this.room, typeof by === 'string' ? this.actor(by) : by, command, this.circumstances)
    if (isRefused(decision)) return decision.refuse
    this.entries = decision.entries
    this.tells = decision.tells
    this.room.lastSeq += decision.entries.length
    decision.commit()
    return null
  }
  get circumstances() {
    return { now: this.now, limits: this.limits, labels: null }
  }
  actor(name: string): Actor {
    const session = sessionOf(name)
    return { jid: session.bare, session, transaction: null }
  }
  enter(name: string, nick = name.split('/')[0]!, more: Partial<Extract<Command, { do: 'enter' }>> = {}): Reason | null {
    const as = sessionOf(name)
    const usual = {
      face: 'xmpp',
      password: null,
      presence: shows(''),
      wantsDoubts: false,
      history: null,
      affiliationsSince: null,
      byStanding: false,
    }
    return this.do({ do: 'enter', as, nick, ...usual, ...more }, name)
  }
  exit(name: string): Reason | null {
    return this.do({ do: 'exit', who: sessionOf(name), presence: null }, name)
  }
  presence(name: string, text: string, priority = 0): Reason | null {
    return this.do(
      { do: 'presence', who: sessionOf(name), presence: shows(text, priority), wantsDoubts: false, doubts: [] },
      name,
    )
  }
  nick(name: string, nick: string): Reason | null {
    return this.do({ do: 'nick', who: sessionOf(name), nick, presence: shows('') }, name)
  }
  say(name: string, text: string): Reason | null {
    return this.do({ do: 'append', said: said(text) }, name)
  }
  change(by: string | Actor, ...items: readonly ChangeItem[]): Reason | null {
    return this.do({ do: 'change', items }, by)
  }
  /** Makes them so, whoever may do it. */
  make(name: string, affiliation: Affiliation): void {
    this.change(SERVICE, affiliating(name, affiliation))
  }
  occupant(nick: string): Occupant | undefined {
    return this.room.occupants.get(nick)
  }
  /** How the room has ended; null: it is there. */
  get end(): string | null {
    return this.room.facts.ended?.why ?? null
  }
  /** What was told, in words: `out others romeo`. */
  get told(): readonly string[] {
    return this.tells.map(wordsOf)
  }
}

export const affiliating = (name: string, affiliation: Affiliation): ChangeItem => ({
  of: { jid: name.includes('.') ? name : bareOf(name) },
  affiliation,
  role: null,
  reason: '',
})
export const giving = (nick: string, role: Role | 'none'): ChangeItem => ({ of: { nick }, affiliation: null, role, reason: '' })

function wordsOf(tell: Tell): string {
  switch (tell.tell) {
    case 'entered':
      return `entered ${tell.session.jid.full}${tell.isAgain ? ' again' : ''}${tell.isRenamed ? ` as ${tell.occupant.nick}` : ''}`
    case 'in':
    case 'shown':
    case 'hidden':
      return `${tell.tell} ${tell.occupant.nick}`
    case 'out':
      return `out ${tell.to} ${tell.occupant.nick} ${tell.exit}`
    case 'update':
      return `update ${tell.to} ${tell.after.nick} ${tell.after.affiliation} ${tell.after.role}`
    case 'renamed':
      return `renamed ${tell.before.nick} ${tell.after.nick}`
    case 'sight':
      return `sight ${tell.after.nick}`
    case 'affiliations':
      return tell.changes.map(({ of, after }) => `affiliation ${of} ${after}`).join(', ')
    case 'ended':
      return `ended ${tell.occupants.map(({ nick }) => nick).join(' ')}`
    case 'doubt':
      return `doubt ${tell.after.nick} ${tell.after.doubts.join(' ')}`.trim()
    default:
      return tell.tell
  }
}
