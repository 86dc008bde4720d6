/**
 * XEP-0386: a client asks for its resource, and for features to be enabled with it, in the same element in which it
 * authenticates (XEP-0388). `identifiers.ts` makes the name of the resource. An earlier session of the same installation of
 * the client ends in any case (`Sessions.bind`).
 */
import { section } from '../../base/settings.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Arriving, BindingStep, Enter, Entrance } from '../../server/streams/stream-features.ts'
import { el, type Element } from '../../xml/element.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { StreamError } from '../../xmpp/stream-error.ts'
import { Identifiers } from './identifiers.ts'

const BIND2 = 'urn:xmpp:bind:0'

export const bind2 = defineFeature({
  name: 'bind-2',
  specs: [xep(386, 'Bind 2', '1.1.0')],
  settings: section({}),
  install(host) {
    const binding = new Binding(host)
    host.streamFeatures.inline('bind', {
      at: 'home',
      ns: BIND2,
      offer: () => binding.offer(),
      ask: (client, [request]) => binding.ask(client, request),
    })
  },
})

class Binding {
  readonly #host: Host
  readonly #identifiers: Identifiers

  constructor(host: Host) {
    this.#host = host
    this.#identifiers = new Identifiers(host.secret('bind-2'), host.entropy)
  }
  /** 3.1 */
  offer(): Element {
    const features = this.#host.streamFeatures.withBinding.map(({ ns }) => el('feature', BIND2, { var: ns }))
    return el('bind', BIND2, {}, ...(features.length === 0 ? [] : [el('inline', BIND2, {}, ...features)]))
  }
  /** 3.2 @throws StreamError not-authorized if the account was deleted after the authentication */
  async ask(client: Arriving, request: Element): Promise<Enter> {
    const account = await this.#host.accounts.load(client.jid.bare)
    if (account === null) throw new StreamError('not-authorized')
    const steps = await Promise.all(this.#host.streamFeatures.whileBinding.map((work) => work(account)))
    return () => this.#bind(account, client, request, steps)
  }

  #bind(
    account: LocalAccount,
    { lang, connection, device }: Arriving,
    request: Element,
    steps: readonly BindingStep[],
  ): Entrance {
    const { sessions } = this.#host
    const resource = this.#identifiers.resource(account.bare, request.child('tag')?.text ?? '', device)
    try {
      const session = sessions.bind(account, { resource, lang, connection, device })
      for (const { bound } of steps) bound(session)
      const told = steps.map((step) => step.told).filter((element) => element !== null)
      return { reply: el('bound', BIND2, {}, ...told, ...this.#switchOn(session, request)), session, entered: null }
    } catch (error) {
      // 3.2 has no element for it. The client is authenticated and not bound: it may ask as in RFC 6120 7, and learns the reason.
      if (error instanceof StanzaError) return { reply: null, session: null, entered: null }
      throw error
    }
  }
  /** What the client is told about each feature that it asked for; unknown ones are left out. */
  #switchOn(session: Session, request: Element): readonly Element[] {
    const told: Element[] = []
    for (const { ns, ask } of this.#host.streamFeatures.withBinding) {
      const asked = request.elements.find((e) => e.ns === ns)
      const answer = asked === undefined ? null : ask(session, asked)
      if (answer !== null) told.push(answer)
    }
    return told
  }
}
