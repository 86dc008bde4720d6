/** What moderators and owners order in a room (XEP-0045 8 to 10), and what visitors ask of them (7.13). */
import type { Agent } from 'stanza'
import type { DataForm, Message } from 'stanza/protocol'
import type { Answered, Form } from '../model/data-form.ts'
import { asked, noted, withoutAsk, type Ask, type Room } from '../model/room.ts'
import { sentence } from '../model/words.ts'
import { formOf, submitted, typeOf, valueIn } from './forms.ts'
import { bareOf, whyNot } from './stanzas.ts'
import { w } from '../words/index.ts'

const MUC = 'http://jabber.org/protocol/muc'
/** How the form about a matter is called, and its fields. */
const FORMS: Readonly<Record<Ask['about'], Readonly<Record<'type' | 'nick' | 'jid' | 'allow', string>>>> = {
  voice: { type: `${MUC}#request`, nick: 'muc#roomnick', jid: 'muc#jid', allow: 'muc#request_allow' },
  membership: {
    type: `${MUC}#register`,
    nick: 'muc#register_roomnick',
    jid: 'muc#register_jid',
    allow: 'muc#register_allow',
  },
}

/** Somebody whom the room does not let in. */
export interface Banned {
  readonly jid: string
  readonly reason: string | null
}
/** Somebody who belongs to the room, whether they are in it or not. */
export interface Belonging {
  readonly jid: string
  readonly affiliation: 'owner' | 'admin' | 'member'
}
const AFFILIATIONS = ['owner', 'admin', 'member'] as const
/** Why the room refuses, in words; null if it does not. */
type Refusal = string | null

export class RoomOrders {
  readonly #client: () => Agent
  readonly #change: (jid: string, change: (room: Room) => Room) => void

  constructor(client: () => Agent, change: (jid: string, change: (room: Room) => Room) => void) {
    this.#client = client
    this.#change = change
  }
  /** 8.2 */
  async putOut(jid: string, nick: string): Promise<void> {
    this.#noteRefusal(jid, await refusalOf(this.#client().kick(jid, nick)))
  }
  /** 9.1 @param who an address, bare */
  async ban(jid: string, who: string, reason: string): Promise<Refusal> {
    const refusal = await refusalOf(this.#client().ban(jid, who, reason === '' ? undefined : reason))
    this.#change(jid, (room) => noted(room, refusal ?? w.notes.isBanned(who), new Date()))
    return refusal
  }
  async liftBan(jid: string, who: string): Promise<Refusal> {
    return refusalOf(this.#client().setRoomAffiliation(jid, who, 'none'))
  }
  /** 9.2 Rejects if the room refuses */
  async banned(jid: string): Promise<readonly Banned[]> {
    const { muc } = await this.#client().getRoomMembers(jid, { affiliation: 'outcast' })
    return (muc.users ?? []).flatMap((user) => (user.jid === undefined ? [] : [{ jid: user.jid, reason: user.reason ?? null }]))
  }
  /** 9.5, 10.5, 10.8: a list that the room does not show us is left out. Rejects if it shows none */
  async belonging(jid: string): Promise<readonly Belonging[]> {
    const lists = await Promise.allSettled(AFFILIATIONS.map((affiliation) => this.#client().getRoomMembers(jid, { affiliation })))
    const [refused] = lists
    if (refused?.status === 'rejected' && lists.every(({ status }) => status === 'rejected')) throw refused.reason
    return lists.flatMap((list, i) =>
      list.status === 'rejected'
        ? []
        : (list.value.muc.users ?? []).flatMap(({ jid: who }) =>
            who === undefined ? [] : [{ jid: who, affiliation: AFFILIATIONS[i]! }],
          ),
    )
  }
  /** 9.3, 9.4, 10.3 to 10.7 @param who an address, bare */
  setAffiliation(jid: string, who: string, affiliation: Belonging['affiliation'] | 'none'): Promise<Refusal> {
    return refusalOf(this.#client().setRoomAffiliation(jid, who, affiliation))
  }
  /** 8.3, 8.4 */
  async setVoice(jid: string, nick: string, mayTalk: boolean): Promise<void> {
    this.#noteRefusal(jid, await refusalOf(this.#client().setRoomRole(jid, nick, mayTalk ? 'participant' : 'visitor')))
  }
  /** 7.13: asks the moderators. */
  askForVoice(jid: string): void {
    this.#client().requestRoomVoice(jid)
    this.#change(jid, (room) => noted(room, w.notes.askedToSpeak, new Date()))
  }
  /** 8.6, 9.9: lets somebody speak, or makes them a member; or not. */
  decide(jid: string, ask: Ask, isAllowed: boolean): void {
    const form = FORMS[ask.about]
    const answers: readonly Answered[] = [
      ...(ask.about === 'voice' ? [{ name: 'muc#role', values: ['participant'] }] : []),
      ...(ask.jid === null ? [] : [{ name: form.jid, values: [ask.jid] }]),
      { name: form.nick, values: [ask.nick] },
      { name: form.allow, values: [isAllowed ? '1' : '0'] },
    ]
    this.#client().sendMessage({ to: jid, forms: [submitted(form, answers)] })
    this.#change(jid, (room) => withoutAsk(room, ask))
  }
  /** @returns whether the message asks us something that we decide */
  takesAsk(jid: string, { from, forms }: Pick<Message, 'from' | 'forms'>): boolean {
    const ask = from === jid ? forms?.map(askIn).find((one) => one !== null) : undefined
    if (ask === undefined || ask === null) return false
    this.#change(jid, (room) => asked(room, ask))
    return true
  }
  /** 10.2 Rejects if the room refuses */
  async configuration(jid: string): Promise<Form> {
    return formOf(await this.#client().getRoomConfig(jid))
  }
  async configure(jid: string, form: Form, answers: readonly Answered[]): Promise<Refusal> {
    return refusalOf(this.#client().configureRoom(jid, submitted(form, answers)))
  }
  /** 10.9: everybody is put out, and the room is there no more. */
  async destroy(jid: string, reason: string): Promise<void> {
    this.#noteRefusal(jid, await refusalOf(this.#client().destroyRoom(jid, reason === '' ? {} : { reason })))
  }
  #noteRefusal(jid: string, refusal: Refusal): void {
    if (refusal !== null) this.#change(jid, (room) => noted(room, refusal, new Date()))
  }
}

const refusalOf = (work: Promise<unknown>): Promise<Refusal> =>
  work.then(
    () => null,
    (error: unknown) => sentence(w.notes.refuses(whyNot(error))),
  )

function askIn(form: DataForm): Ask | null {
  const about = (['voice', 'membership'] as const).find((one) => FORMS[one].type === typeOf(form))
  if (about === undefined || form.type !== 'form') return null
  const jid = valueIn(form, FORMS[about].jid)
  const nick = valueIn(form, FORMS[about].nick) ?? (jid === null ? '' : bareOf(jid))
  return { about, nick, jid }
}
