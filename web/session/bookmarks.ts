/**
 * XEP-0402: the rooms that the person is in are kept with the account, so that all of their clients are in the same rooms. What
 * other clients have written into a bookmark stays in it.
 */
import { JXT, type Agent } from 'stanza'
import type { IQ, PubsubItem, PubsubItemContent } from 'stanza/protocol'
import type { Room } from '../model/room.ts'
import { bareOf } from './stanzas.ts'

const BOOKMARKS = 'urn:xmpp:bookmarks:1'
/** By this feature a client asks to be told of changes. */
export const BOOKMARKS_NOTIFY = `${BOOKMARKS}+notify`

interface Conference extends PubsubItemContent {
  readonly name?: string
  readonly autoJoin?: boolean
  readonly nick?: string
  readonly password?: string
  /** As other clients have written it. */
  readonly extensions?: unknown
}
export const bookmarks: JXT.DefinitionOptions = {
  aliases: JXT.pubsubItemContentAliases(),
  element: 'conference',
  namespace: BOOKMARKS,
  type: BOOKMARKS,
  typeField: 'itemType',
  fields: {
    name: JXT.attribute('name'),
    autoJoin: JXT.booleanAttribute('autojoin'),
    nick: JXT.childText(null, 'nick'),
    password: JXT.childText(null, 'password'),
    extensions: JXT.childRawElement(null, 'extensions'),
  },
}

export interface Bookmark {
  readonly jid: string
  readonly name: string | null
  /** Null: no nickname of its own. */
  readonly nick: string | null
  readonly password: string | null
  readonly isJoined: boolean
}
/** The second form: the bookmark is not there any more. */
export type BookmarkChange = Bookmark | { readonly jid: string; readonly isJoined: false }

/** 3.3: only the person may see them. */
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

/** The bookmarks of one login. */
export class Bookmarks {
  readonly #client: Agent
  /** As they are with the account, by the address of the room; null if it keeps none. */
  #all: Map<string, Conference> | null = null

  constructor(client: Agent) {
    this.#client = client
  }
  /** @returns null if the account can keep none */
  async read(): Promise<readonly Bookmark[] | null> {
    this.#all = null
    const { items } = await this.#client.getItems('', BOOKMARKS).catch((answer: IQ) => {
      // A node that nobody has published to yet
      if (answer.error?.condition === 'item-not-found') return { items: [] }
      return { items: null }
    })
    if (items === null) return null
    this.#all = new Map((items ?? []).flatMap(conferenceIn))
    return [...this.#all].map(([jid, conference]) => bookmarkOf(jid, conference))
  }
  /** What a message says of changes; empty if it is no event of ours. */
  changesIn({ from, pubsub }: Pick<Parameters<Agent['sendMessage']>[0], 'from' | 'pubsub'>): readonly BookmarkChange[] {
    if (this.#all === null || pubsub?.context !== 'event' || pubsub.items?.node !== BOOKMARKS) return []
    if (from !== undefined && from !== bareOf(this.#client.jid)) return []
    const all = this.#all
    const published = (pubsub.items.published ?? []).flatMap(conferenceIn)
    const changes: readonly BookmarkChange[] = [
      ...published.map(([jid, conference]) => bookmarkOf(jid, conference)),
      ...(pubsub.items.retracted ?? []).map((jid) => ({ jid, isJoined: false }) as const),
    ]
    // What we have left ourselves was noted when we did
    const news = changes.filter(({ jid, isJoined }) => isJoined || all.get(jid)?.autoJoin === true)
    for (const { jid } of changes) all.delete(jid)
    for (const [jid, conference] of published) all.set(jid, conference)
    return news
  }
  /** The person is in the room. @returns whether the account keeps it */
  async keep({ jid, nick, name }: Room, password: string | null): Promise<boolean> {
    if (this.#all === null) return false
    const before = this.#all.get(jid)
    if (before?.autoJoin === true && before.nick === nick) return true
    const given = { ...(name === null ? {} : { name }), ...before }
    const secret = password === null ? {} : { password }
    return this.#publish(jid, { ...given, ...secret, itemType: BOOKMARKS, autoJoin: true, nick })
  }
  /** The person has left the room. A bookmark with more in it than we write stays, for other clients. */
  async leave(jid: string): Promise<void> {
    const before = this.#all?.get(jid)
    if (before?.autoJoin !== true) return
    if (before.extensions !== undefined) return void (await this.#publish(jid, { ...before, autoJoin: false }))
    this.#all!.delete(jid)
    await isDone(this.#client.retract('', BOOKMARKS, jid, true))
  }

  #publish(jid: string, content: Conference): Promise<boolean> {
    this.#all!.set(jid, content)
    const pubsub = { context: 'user', publish: { node: BOOKMARKS, item: { id: jid, content } }, publishOptions: OPTIONS }
    return isDone(this.#client.sendIQ({ type: 'set', pubsub } as unknown as IQ))
  }
}
/** A bookmark that cannot be stored leaves the room on this client alone; the next one may be stored. */
const isDone = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )

function conferenceIn({ id, content }: PubsubItem): readonly (readonly [string, Conference])[] {
  return id === undefined || content?.itemType !== BOOKMARKS ? [] : [[id, content]]
}
const bookmarkOf = (jid: string, { name, nick, password, autoJoin }: Conference): Bookmark => ({
  jid,
  name: name ?? null,
  nick: nick ?? null,
  password: password ?? null,
  isJoined: autoJoin === true,
})
