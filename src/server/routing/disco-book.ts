/**
 * What the server, its services and its accounts say of themselves to service discovery; XEP-0030 makes the answers. Filled
 * while features are installed: as long as the server runs it says the same, but for services that come and go.
 */
import type { Element } from '../../xml/element.ts'
import type { LocalAccount } from '../account/session.ts'

export interface Identity {
  readonly category: string
  readonly type: string
  readonly name?: string
}

/** Something at a domain of its own that another domain lists, such as a service. */
export interface DiscoItem {
  readonly jid: string
  /** For people; null: none. */
  readonly name: string | null
  /** Which of our domains lists it; null: each. */
  readonly at: string | null
  /** Is it there at present? What is not is not listed. */
  readonly isThere: () => boolean
}

/** A node that describes something else than the entity that has it. */
export interface DiscoNode {
  readonly identities: readonly Identity[]
  readonly features: readonly string[]
  readonly items: readonly { readonly node: string; readonly name: string }[]
}

/** What the server, or a service, says of itself. */
export class DiscoBook {
  readonly identities: Identity[] = []
  readonly features: string[] = []
  /** Features that it has as others of its kind have. */
  readonly commonFeatures: readonly string[]
  /** Extended information (XEP-0128): data forms. */
  readonly forms: (() => Element)[] = []
  /** Nodes on which it describes itself as it does without one (XEP-0115 6.3). */
  readonly aliases: ((node: string) => boolean)[] = []
  readonly items: DiscoItem[] = []
  readonly nodes = new Map<string, DiscoNode>()

  constructor(commonFeatures: readonly string[] = []) {
    this.commonFeatures = commonFeatures
  }
}

/** What each account says of itself. */
export class AccountDiscoBook {
  readonly identities: Identity[] = []
  readonly features: string[] = []
  /** Features that depend on the account. */
  readonly featuresOf: ((account: LocalAccount) => readonly string[])[] = []
}

export class DiscoBooks {
  readonly server = new DiscoBook()
  readonly account = new AccountDiscoBook()
  /** What every service can do. */
  readonly serviceFeatures: string[] = []
}

/** Which of `ours` lists what has the domain `domain`: the one that it is below; null: each. */
export function listedAt(domain: string, ours: readonly string[]): string | null {
  const above = ours.filter((local) => domain.endsWith(`.${local}`))
  return above.length === 0 ? null : above.reduce((a, b) => (b.length > a.length ? b : a))
}
