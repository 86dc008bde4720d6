/** XEP-0401: the person invites somebody by a link. Whether it makes an account as well is for the operator to decide. */
import type { Agent } from 'stanza'
import type { IQ } from 'stanza/protocol'
import { sentence } from '../model/words.ts'
import { w } from '../words/index.ts'
import { valueIn } from './forms.ts'
import { whyNot } from './stanzas.ts'

const INVITE = 'urn:xmpp:invite#invite'

export interface MadeInvitation {
  /** For XMPP clients. */
  readonly uri: string
  /** For browsers; null if nobody else could open it. */
  readonly page: string | null
  readonly expiresAt: Date | null
}

export class Inviting {
  readonly #client: () => Agent

  constructor(client: () => Agent) {
    this.#client = client
  }
  /** Does the server let the person invite? */
  async isPossible(): Promise<boolean> {
    const client = this.#client()
    const { items } = await client.getCommands(client.config.server!).catch(() => ({ items: [] }))
    return (items ?? []).some(({ node }) => node === INVITE)
  }
  /** @returns the invitation, or why there is none */
  async make(): Promise<MadeInvitation | string> {
    const client = this.#client()
    const command = { node: INVITE, action: 'execute' }
    const outcome = await client.sendIQ({ type: 'set', to: client.config.server!, command } as IQ).then(
      ({ command: done }) => done?.form ?? null,
      (error: unknown) => sentence(w.profile.refused(whyNot(error))),
    )
    if (typeof outcome === 'string') return outcome
    const uri = outcome === null ? null : valueIn(outcome, 'uri')
    if (outcome === null || uri === null) return w.invite.noAnswer
    const expires = valueIn(outcome, 'expire')
    return {
      uri,
      page: valueIn(outcome, 'landing-url') ?? pageHere(uri),
      expiresAt: expires === null ? null : new Date(expires),
    }
  }
}

/** The page of the invitation at the address of this page. At the server's own machine, nobody else could open that. */
function pageHere(uri: string): string | null {
  const token = /[?;]preauth=([\w-]+)/.exec(uri)?.[1]
  const isForOthers = location.protocol === 'https:' && location.hostname !== 'localhost'
  return token === undefined || !isForOthers ? null : `${location.origin}/invite#${token}`
}
