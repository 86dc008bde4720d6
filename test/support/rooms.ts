/** People in the room of a story: what their clients send and are sent (XEP-0045). */
import type { Cast } from './story.ts'
import type { StoryClient } from './story-client.ts'
import { refusal, type Pattern } from './xml-pattern.ts'

export const SERVICE = 'conference.a.example'
export const ROOM = `den@${SERVICE}`
export const MUC = 'http://jabber.org/protocol/muc'
export const USER = `${MUC}#user`
export const OWNER = `${MUC}#owner`
export const ADMIN = `${MUC}#admin`

/** @param inside of the element of the room @param more beside it */
export const join = (nick: string, inside = '', more = '', room = ROOM): string =>
  `<presence to='${room}/${nick}' id='j'>${more}<x xmlns='${MUC}'>${inside}</x></presence>`
export const exit = (nick: string, inside = ''): string =>
  `<presence type='unavailable' to='${ROOM}/${nick}'>${inside}</presence>`
export const field = (name: string, ...values: readonly string[]): string =>
  `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`
export const configure = (fields = '', id = 'u'): string =>
  `<iq type='set' id='${id}' to='${ROOM}'><query xmlns='${OWNER}'><x xmlns='jabber:x:data' type='submit'>${fields}</x></query></iq>`
export const admin = (inside: string, type = 'set'): string =>
  `<iq type='${type}' id='a' to='${ROOM}'><query xmlns='${ADMIN}'>${inside}</query></iq>`
export const say = (text: string, more = ''): string =>
  `<message type='groupchat' id='m' to='${ROOM}'><body>${text}</body>${more}</message>`

/** Of somebody in the room. @param more the rest of the item, its end, and what follows it */
export const occupant = (nick: string, affiliation: string, role: string, more = '', attributes = '', beside = ''): Pattern =>
  `<presence from='${ROOM}/${nick}' ${attributes}>${beside}<x xmlns='${USER}'><item affiliation='${affiliation}' role='${role}'${more}</x>${ID}</presence>`
export const left = (nick: string, affiliation: string, more: string, attributes = '', role = 'none'): Pattern =>
  `<presence type='unavailable' from='${ROOM}/${nick}' ${attributes}><x xmlns='${USER}'><item affiliation='${affiliation}' role='${role}'${more}</x>${ID}</presence>`
export const ID = `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='*'/>`
export const jidOf = ({ jid }: StoryClient): string => ` jid='${jid}'/>`
export const codes = (...list: readonly number[]): string => list.map((code) => `<status code='${code}'/>`).join('')
/** XEP-0463: from which version of the affiliations to which a change leads. */
export const STEP = `<mav xmlns='urn:xmpp:muc:affiliations:1' since='*' until='*'/>`
export const SUBJECT: Pattern = `<message type='groupchat' from='${ROOM}'><subject/></message>`
export const told = (...list: readonly number[]): Pattern =>
  `<message type='groupchat' from='${ROOM}'><x xmlns='${USER}'>${codes(...list)}</x></message>`
export const said = (nick: string, text: string): Pattern =>
  `<message type='groupchat' id='m' from='${ROOM}/${nick}' to='*'><body>${text}</body>${ID}<stanza-id xmlns='urn:xmpp:sid:0' id='*' by='${ROOM}'/></message>`
export const done = `<iq type='result' id='a' from='${ROOM}'/>`
export const error = (kind: string, attributes: string, type: string, condition: string): Pattern =>
  refusal(kind, attributes, type, condition).replace('<error ', `<error by='${ROOM}' `)

/** Alice has made the room and configured it, and nobody remembers that. */
export async function open(cast: Cast, fields = ''): Promise<StoryClient> {
  const alice = await cast.client('alice', '1')
  alice.send(join('Alice'), configure(fields))
  await alice.expect(occupant('Alice', 'owner', 'moderator', jidOf(alice) + codes(201, 110), `id='j'`))
  await alice.expect(SUBJECT)
  await alice.expect(`<iq type='result' id='u' from='${ROOM}'/>`)
  await cast.forget()
  return alice
}
/** Somebody is in the room, and nobody remembers how they came. */
export async function enter(cast: Cast, name: string, nick: string, inside = '', resource = '1'): Promise<StoryClient> {
  const client = await cast.client(name, resource)
  client.send(join(nick, inside))
  await cast.forget()
  return client
}
