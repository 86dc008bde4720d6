/**
 * A small service for stories: at `echo.` and the server's first domain, it sends back each message, answers IQs of its own,
 * and knows who has sent presence to which of its named things, over a restart and a crash too.
 */
import { section } from '../../src/base/settings.ts'
import { defineFeature, type Feature, type Host } from '../../src/server/feature.ts'
import { el } from '../../src/xml/element.ts'
import { jidOf, type Jid } from '../../src/xmpp/jid.ts'
import { Packet } from '../../src/xmpp/packet.ts'
import { StanzaError } from '../../src/xmpp/stanza-error.ts'
import type { Occasion } from '../../src/server/keeping/snapshots.ts'

export const ECHO = 'urn:example:echo'
const PING = 'urn:xmpp:ping'

export interface Echo {
  readonly feature: Feature
  /** By the bare JID of the thing: who is there, in the order in which they came. */
  readonly present: ReadonlyMap<string, ReadonlySet<string>>
  /** By the bare JID of the thing: how what is known of it was kept. */
  readonly kept: ReadonlyMap<string, Occasion>
}

/** `slow@` reads from the disk before it answers a message, `curious@` asks its sender first; the others answer at once. */
export function echoService(): Echo {
  const present = new Map<string, Set<string>>()
  const kept = new Map<string, Occasion>()
  const feature = defineFeature({
    name: 'echo',
    specs: [],
    settings: section({}),
    install(host) {
      const changed = host.keep.service<readonly string[]>({
        name: 'echo',
        version: 1,
        things: () => present.keys(),
        save: (thing) => namesIn(present.get(thing)),
        load(thing, names, _version, when) {
          present.set(thing, new Set(names))
          kept.set(thing, when)
        },
      })
      const service = host.service({
        domain: `echo.${host.domains[0]!}`,
        identity: { category: 'component', type: 'generic', name: 'Echo' },
        stanza(packet) {
          if (packet.kind === 'presence') changed(packet.to!.bare)
          return take(host, present, packet)
        },
      })
      const rule = { type: 'get', ns: ECHO, name: 'echo' } as const
      service.disco.features.push(ECHO)
      service.iq({ ...rule, handle: () => el('echo', ECHO, {}, 'of all') })
      service.iqToName({ ...rule, handle: ({ packet }) => el('echo', ECHO, {}, `of ${packet.to!.bare}`) })
    },
  })
  return { feature, present, kept }
}

const namesIn = (names: ReadonlySet<string> | undefined): readonly string[] | null =>
  names === undefined || names.size === 0 ? null : [...names]

function take(host: Host, present: Map<string, Set<string>>, packet: Packet): void | Promise<void> {
  const { kind, type, from, to } = packet
  if (to!.local === '') throw new StanzaError('not-acceptable', { text: 'An echo needs something to come from' })
  if (kind === 'presence') return type === '' || type === 'unavailable' ? note(present, packet) : undefined
  if (type === 'error') return
  if (kind === 'iq') throw new StanzaError('feature-not-implemented')
  const back = packet.with({ from: to!, to: from })
  const answer = (): void | Promise<void> => host.router.route(back)
  if (to!.local === 'slow') return host.stores.accounts.exists(from.bare).then(answer)
  if (to!.local === 'curious') return asked(host, to!.asBare, from).then(answer)
  return answer()
}
const asked = (host: Host, thing: Jid, sender: Jid): Promise<void> =>
  new Promise((answered) => host.ask(thing, jidOf('', sender.domain), el('ping', PING, {}), () => answered()))

function note(present: Map<string, Set<string>>, { type, from, to }: Packet): void {
  const there = present.get(to!.bare) ?? new Set()
  present.set(to!.bare, there)
  if (type === '') there.add(from.full)
  else there.delete(from.full)
}
