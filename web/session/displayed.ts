/** XEP-0490: the clients of the person agree about what was read. */
import { JXT, type Agent } from 'stanza'
import type { IQ, Message, PubsubItem, PubsubItemContent } from 'stanza/protocol'
import { bareOf } from './stanzas.ts'

const DISPLAYED = 'urn:xmpp:mds:displayed:0'
const STANZA_IDS = 'urn:xmpp:sid:0'
export const DISPLAYED_NOTIFY = `${DISPLAYED}+notify`

interface DisplayedContent extends PubsubItemContent {
  readonly displayedId?: string
  readonly displayedBy?: string
}
export const displayedItems: JXT.DefinitionOptions = {
  aliases: JXT.pubsubItemContentAliases(),
  element: 'displayed',
  namespace: DISPLAYED,
  type: DISPLAYED,
  typeField: 'itemType',
  fields: {
    displayedId: JXT.childAttribute(STANZA_IDS, 'stanza-id', 'id'),
    displayedBy: JXT.childAttribute(STANZA_IDS, 'stanza-id', 'by'),
  },
}
/** 3.1: only the person may see them. */
const OPTIONS = {
  type: 'submit',
  fields: [
    { name: 'FORM_TYPE', type: 'hidden', value: 'http://jabber.org/protocol/pubsub#publish-options' },
    { name: 'pubsub#persist_items', value: 'true' },
    { name: 'pubsub#max_items', value: 'max' },
    { name: 'pubsub#send_last_published_item', value: 'never' },
    { name: 'pubsub#access_model', value: 'whitelist' },
  ],
} as const

/** What was displayed last, by the address of the chat. */
export async function readDisplayed(client: Agent): Promise<ReadonlyMap<string, string>> {
  const { items } = await client.getItems('', DISPLAYED).catch(() => ({ items: [] }))
  return new Map((items ?? []).flatMap(displayedIn))
}
/** What a message says of another client of the person; empty if it is no such event. */
export function displayedChanges(client: Agent, { from, pubsub }: Pick<Message, 'from' | 'pubsub'>): ReadonlyMap<string, string> {
  if (pubsub?.context !== 'event' || pubsub.items?.node !== DISPLAYED) return new Map()
  if (from !== undefined && from !== bareOf(client.jid)) return new Map()
  return new Map((pubsub.items.published ?? []).flatMap(displayedIn))
}
export async function publishDisplayed(client: Agent, jid: string, archiveId: string): Promise<void> {
  const content = { itemType: DISPLAYED, displayedId: archiveId, displayedBy: bareOf(client.jid) }
  const pubsub = { context: 'user', publish: { node: DISPLAYED, item: { id: jid, content } }, publishOptions: OPTIONS }
  await client.sendIQ({ type: 'set', pubsub } as unknown as IQ)
}

function displayedIn({ id, content }: PubsubItem): readonly (readonly [string, string])[] {
  const { displayedId } = (content ?? {}) as DisplayedContent
  return id === undefined || displayedId === undefined ? [] : [[id, displayedId]]
}
