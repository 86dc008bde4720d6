/** Converts the client library's stanzas to the board's model, and back. */
import type { Agent } from 'stanza'
import type { Message, Presence, RosterItem } from 'stanza/protocol'
import { readAnnotation } from './annotations.ts'
import type { OwnPresence } from '../model/board.ts'
import type { PresenceNotice, Show } from '../model/presence.ts'
import type { RosterChange } from '../model/roster.ts'
import { w } from '../words/index.ts'

export const bareOf = (jid: string): string => jid.split('/', 1)[0]!
export const resourceOf = (jid: string): string => jid.slice(bareOf(jid).length + 1)

/** A presence of type 'available' or 'unavailable'. */
export function noticeOf(presence: Presence): PresenceNotice {
  return {
    resource: resourceOf(presence.from ?? ''),
    available: presence.type !== 'unavailable',
    show: (presence.show as Show | undefined) ?? 'available',
    status: presence.status ?? null,
    priority: presence.priority ?? 0,
    idleSince: presence.inactiveSince ?? null,
    at: presence.delay?.timestamp ?? null,
    annotations: (presence.stateAnnotations ?? []).map(readAnnotation),
  }
}
export function rosterChangeOf({ jid, name, groups, subscription, pending, preApproved }: RosterItem): RosterChange {
  return {
    jid,
    name: name === undefined || name === '' ? null : name,
    groups: groups ?? [],
    subscription,
    asked: pending === 'subscribe',
    preApproved: preApproved ?? false,
  }
}

/** The person's own presence, with the capabilities of the board (XEP-0115). */
export function presenceStanza(client: Agent, { show, status, priority }: OwnPresence): Presence {
  const caps = client.disco.getCaps()
  return {
    ...(show === 'available' ? {} : { show }),
    ...(status === '' ? {} : { status }),
    priority,
    ...(caps === undefined ? {} : { legacyCapabilities: caps }),
  }
}
/** Is the message nothing but the address of a file (XEP-0066)? */
export const isFile = ({ body, links }: Pick<Message, 'body' | 'links'>): boolean =>
  body !== undefined && links?.some(({ url }) => url === body) === true
/** What a message has beside its text, if that is the address of a file. */
export const fileLinks = (text: string, isFile: boolean): Pick<Message, 'links'> => (isFile ? { links: [{ url: text }] } : {})
/** Why a request failed. @param failure an error stanza, or the client library's form of one */
export function whyNot(failure: unknown): string {
  const { text, condition } = (failure as { error?: { condition?: string; text?: string } }).error ?? {}
  return text ?? condition?.replaceAll('-', ' ') ?? w.trouble.noReason
}
