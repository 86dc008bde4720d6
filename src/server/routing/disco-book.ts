/**
 * What the server and its accounts say of themselves to service discovery; XEP-0030 makes the answers. Filled
 * while features are installed: for as long as the server runs, it says the same, but for services that come and go.
 */
import type { Element } from '../../xml/element.ts'
import type { LocalAccount } from '../account/session.ts'

export interface Identity {
  readonly category: string
  readonly type: string
  readonly name?: string
}

/** A service beside the server's own domains. */
export interface ServiceItem {
  readonly jid: string
  /** For people; null: none. */
  readonly name: string | null
  /** Which of our domains lists it; null: each. */
  readonly at: string | null
  /** Is it there at present? What is not is not listed. */
  readonly isThere: () => boolean
}

/** A node of the server that describes something else than the server. */
export interface ServerNode {
  readonly identities: readonly Identity[]
  readonly features: readonly string[]
  readonly items: readonly { readonly node: string; readonly name: string }[]
}

export class DiscoBook {
  readonly serverIdentities: Identity[] = []
  readonly serverFeatures: string[] = []
  /** Extended information about the server (XEP-0128): data forms. */
  readonly serverForms: (() => Element)[] = []
  /** Nodes on which the server describes itself as it does without one (XEP-0115 6.3). */
  readonly serverAliases: ((node: string) => boolean)[] = []
  readonly serverItems: ServiceItem[] = []
  readonly serverNodes = new Map<string, ServerNode>()
  readonly accountIdentities: Identity[] = []
  readonly accountFeatures: string[] = []
  /** Features that depend on the account. */
  readonly accountFeaturesOf: ((account: LocalAccount) => readonly string[])[] = []
}
