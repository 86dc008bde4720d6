/** XEP-0441: whose messages a user wants to have archived. */
import { contactKey, type Account } from '../../im/account.ts'
import type { ArchiveChoice, ArchivePrefs } from '../../server/account-archive.ts'
import { el, type Element } from '../../xml/element.ts'
import { jidOrNull, type Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { MAM } from './ask.ts'

/** Addresses in one list. */
const LISTED_MAX = 500
const CHOICES: readonly string[] = ['always', 'never', 'roster'] satisfies readonly ArchiveChoice[]

/** Is a message from or to `peer` to be archived (2.3)? @param usual for users who have chosen nothing */
export function isWanted({ byDefault, always, never }: ArchivePrefs, usual: ArchiveChoice, account: Account, peer: Jid): boolean {
  if (always.length > 0 && isListed(always, peer)) return true
  if (never.length > 0 && isListed(never, peer)) return false
  switch (byDefault ?? usual) {
    case 'always':
      return true
    case 'never':
      return false
    case 'roster':
      return peer.bare === account.bare.bare || account.roster.has(contactKey(peer))
  }
}
const isListed = (list: readonly string[], { full, bare }: Jid): boolean => list.includes(full) || list.includes(bare)

/** @throws StanzaError bad-request, policy-violation */
export function readPrefs(asked: Element): ArchivePrefs {
  const byDefault = asked.attr('default')
  if (byDefault === undefined || !CHOICES.includes(byDefault))
    throw new StanzaError('bad-request', { text: 'The default must be "always", "never" or "roster"' })
  return { byDefault: byDefault as ArchiveChoice, always: listIn(asked, 'always'), never: listIn(asked, 'never') }
}
function listIn(asked: Element, name: string): readonly string[] {
  const texts = asked.child(name, MAM)?.elements.filter((e) => e.is('jid', MAM)) ?? []
  if (texts.length > LISTED_MAX) throw new StanzaError('policy-violation', { text: `At most ${LISTED_MAX} addresses are kept` })
  const jids = texts.map((e) => jidOrNull(e.text.trim()))
  if (jids.includes(null)) throw new StanzaError('bad-request', { text: 'One of the addresses is none' })
  return [...new Set(jids.map((jid) => jid!.full))]
}

export function prefsElement({ byDefault, always, never }: ArchivePrefs, usual: ArchiveChoice): Element {
  const list = (name: string, jids: readonly string[]): Element =>
    el(name, MAM, {}, ...jids.map((jid) => el('jid', MAM, {}, jid)))
  return el('prefs', MAM, { default: byDefault ?? usual }, list('always', always), list('never', never))
}
