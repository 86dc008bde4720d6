/** Stanzas of RFC 6121 as stories write them: what is sent, and patterns of what is received. */
import type { Pattern } from './xml-pattern.ts'

export const ROSTER = 'jabber:iq:roster'

/** Presence with its content; `to` only where the story looks at it. */
export const here = (from: string, content = '', to = '*'): Pattern => `<presence from='${from}' to='${to}'>${content}</presence>`
export const gone = (from: string, content = '', to = '*'): Pattern =>
  `<presence type='unavailable' from='${from}' to='${to}'>${content}</presence>`
/** A subscription stanza as it arrives: between bare JIDs. */
export const arrives = (type: string, from: string, to = '*', content = ''): Pattern =>
  `<presence type='${type}' from='${from}' to='${to}'>${content}</presence>`

/** An item of a roster. @param attrs all but `jid` @param content groups */
export const item = (jid: string, attrs: string, content = ''): string => `<item jid='${jid}' ${attrs}>${content}</item>`
/** A roster push of that item. */
export const push = (jid: string, attrs: string, content = ''): Pattern =>
  `<iq type='set' from='*'><query xmlns='${ROSTER}' ver='*'>${item(jid, attrs, content)}</query></iq>`

export const rosterGet = (id: string, ver?: string): string =>
  `<iq type='get' id='${id}'><query xmlns='${ROSTER}'${ver === undefined ? '' : ` ver='${ver}'`}/></iq>`
export const rosterSet = (id: string, content: string): string =>
  `<iq type='set' id='${id}'><query xmlns='${ROSTER}'>${content}</query></iq>`
export const rosterResult = (id: string, ...items: readonly string[]): Pattern =>
  `<iq type='result' id='${id}'><query xmlns='${ROSTER}' ver='*'>${items.join('')}</query></iq>`
export const done = (id: string): Pattern => `<iq type='result' id='${id}'/>`

export const delay = (stamp = '*'): string => `<delay xmlns='urn:xmpp:delay' from='a.example' stamp='${stamp}'/>`
