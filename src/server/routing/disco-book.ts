/**
 * What the server, its services and its accounts say about themselves in service discovery; XEP-0030 makes the answers. Filled
 * while features are installed, and constant while the server runs, except for services that come and go.
 */
import type { Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { LocalAccount } from '../account/session.ts'

export interface Identity {
  readonly category: string
  readonly type: string
  readonly name?: string
}

/** An entity at a domain of its own that another domain lists, such as a service. */
export interface DiscoItem {
  readonly jid: string
  /** A name for people; null for none. */
  readonly name: string | null
  /** Which of our domains lists it; null for each. */
  readonly at: string | null
  /** Does it exist at present? If not, it is not listed. */
  readonly isThere: () => boolean
}

/** A node that describes something other than its entity. */
export interface DiscoNode {
  readonly identities: readonly Identity[]
  readonly features: readonly string[]
  readonly items: readonly { readonly node: string; readonly name: string; readonly isFor?: (asker: Jid) => boolean }[]
  /** Whether it is there for the asker; without it, for all. The same of an item. */
  readonly isFor?: (asker: Jid) => boolean
  /** Extended information (XEP-0128). */
  readonly forms?: readonly Element[]
}

/** Something that an account has under a node, or in one. */
export interface ListedNode {
  readonly node: string | null
  /** A name for people, or what names an item; null for none. */
  readonly name: string | null
}
/** Nodes that belong to accounts. */
export interface AccountNodes {
  /** Null: there is no such node, or the asker may not know. */
  info(account: LocalAccount, asker: Jid, node: string): Promise<DiscoNode | null>
  /** Those that the asker may know. @param node what is in this one; null: the nodes themselves */
  items(account: LocalAccount, asker: Jid, node: string | null): Promise<readonly ListedNode[] | null>
}

/** What the server, or a service, says about itself. */
export class DiscoBook {
  readonly identities: Identity[] = []
  readonly features: string[] = []
  /** Features that all entities of its kind have. */
  readonly commonFeatures: readonly string[]
  /** Extended information (XEP-0128): data forms. */
  readonly forms: (() => Element)[] = []
  /** Nodes on which it describes itself as it does without a node (XEP-0115 6.3). */
  readonly aliases: ((node: string) => boolean)[] = []
  readonly items: DiscoItem[] = []
  readonly nodes = new Map<string, DiscoNode>()

  constructor(commonFeatures: readonly string[] = []) {
    this.commonFeatures = commonFeatures
  }
}

/** What each account says about itself. */
export class AccountDiscoBook {
  readonly identities: Identity[] = []
  readonly features: string[] = []
  /** Features that depend on the account. */
  readonly featuresOf: ((account: LocalAccount) => readonly string[])[] = []
  readonly nodes: AccountNodes[] = []
}

export class DiscoBooks {
  readonly server = new DiscoBook()
  readonly account = new AccountDiscoBook()
  /** Features of every service. */
  readonly serviceFeatures: string[] = []
}

/** Which of `ours` lists the domain `domain`: the one above it; null for each. */
export function listedAt(domain: string, ours: readonly string[]): string | null {
  const above = ours.filter((local) => domain.endsWith(`.${local}`))
  return above.length === 0 ? null : above.reduce((a, b) => (b.length > a.length ? b : a))
}
