/**
 * Profiles: the name that a user shows is the nickname of XEP-0172, which clients of XMPP set and see too. Who may see it is what
 * the node of the nickname says; somebody who may not, and a name without an account, get the same answer.
 */
import * as v from 'valibot'
import type { Host } from '../../server/feature.ts'
import { el, type Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'
import { pepOf, type Pep } from '../../xep/0163-personal-eventing/index.ts'
import { forbidden, invalidParam, notFound, tooLarge } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import { checkOwn, userIn } from '../http/users.ts'
import { isVeiledId, type UserIdSpace } from '../ids/user-id.ts'

const NICK = 'http://jabber.org/protocol/nick'
const PUBSUB = 'http://jabber.org/protocol/pubsub'
const ITEM = 'current'
const NAME_OCTETS_MAX = 256

/** Is told that a user has another name; null: none. */
export interface ProfileWatcher {
  renamed(user: Jid, name: string | null): void
}

/** Knows people whose address is hidden, by their ids. */
export interface HiddenPeople {
  /** What they are called where the viewer has met them; null: the viewer has not. */
  nameOf(viewer: Jid, id: string): Promise<string | null>
}

export class Profiles {
  readonly watchers: ProfileWatcher[] = []
  readonly hidden: HiddenPeople[] = []
  readonly #host: Pick<Host, 'ask' | 'router'>
  readonly #pep: Pep

  constructor(host: Host) {
    this.#host = host
    this.#pep = pepOf(host)
    host.on('items-changed', ({ owner, node, published, isEmptied }) => {
      if (node !== NICK || host.router.homeOf(owner) === null) return
      const payload = published.at(-1)?.payload
      if (payload === undefined && !isEmptied) return this.#tellLater(owner)
      this.#tell(owner, payload === undefined ? null : nameIn(payload.elements[0]))
    })
  }
  /** The name that an account here shows; null if none. */
  async nameOf(user: Jid): Promise<string | null> {
    const items = await this.#pep.items(user, NICK)
    return nameIn(items?.at(-1)?.payload.elements[0])
  }
  /**
   * The name as `viewer` may see it; null if there is none.
   * @throws MatrixError M_FORBIDDEN
   */
  async seenBy(viewer: Jid, user: Jid): Promise<string | null> {
    if (viewer.bare === user.bare) return this.nameOf(user)
    if (this.#host.router.kindOf(user.domain) !== 'accounts') throw unseen()
    const items = el('pubsub', PUBSUB, {}, el('items', PUBSUB, { node: NICK }))
    const answer = await new Promise<Packet | null>((answered) => this.#host.ask(viewer, user, items, answered))
    if (answer?.type !== 'result') throw unseen()
    const found = answer.payload.elements[0]?.child('items')?.elements.at(-1)
    return nameIn(found?.elements[0])
  }
  /** The same of somebody whose address is hidden: that alone. @throws MatrixError M_FORBIDDEN */
  async hiddenName(viewer: Jid, id: string): Promise<string> {
    for (const people of this.hidden) {
      const name = await people.nameOf(viewer, id)
      if (name !== null) return name
    }
    throw unseen()
  }
  /** @param name '' for none @throws StanzaError */
  async rename(user: Jid, name: string): Promise<void> {
    if (name !== '') return this.#pep.publish(user, NICK, [{ id: ITEM, payload: Payload.of(el('nick', NICK, {}, name)) }])
    const there = await this.#pep.items(user, NICK)
    if (there !== null && there.length > 0)
      await this.#pep.retract(
        user,
        NICK,
        there.map(({ id }) => id),
      )
  }

  #tell(user: Jid, name: string | null): void {
    for (const watcher of this.watchers) watcher.renamed(user, name)
  }
  #tellLater(user: Jid): void {
    this.nameOf(user).then(
      (name) => this.#tell(user, name),
      () => {},
    )
  }
}

const nameIn = (nick: Element | undefined): string | null => (nick?.is('nick', NICK) === true ? nick.text || null : null)
const unseen = () => forbidden('You may not see this profile')
const shown = (name: string | null): object => (name === null ? {} : { displayname: name })

interface ProfileParts {
  readonly profiles: Profiles
  readonly ids: UserIdSpace
}
export function profileRoutes({ profiles, ids }: ProfileParts): readonly Route[] {
  const path = '/profile/:user'
  const nameFor = (viewer: Jid, id: string): Promise<string | null> =>
    isVeiledId(id) ? profiles.hiddenName(viewer, id) : profiles.seenBy(viewer, userIn(id, ids))
  return [
    route({ method: 'GET', path, handle: async ({ user, params }) => shown(await nameFor(user, params.user)) }),
    route({
      method: 'GET',
      path: `${path}/displayname`,
      handle: async ({ user, params }) => shown(await nameFor(user, params.user)),
    }),
    route({
      method: 'PUT',
      path: `${path}/displayname`,
      body: v.object({ displayname: v.nullish(v.string()) }),
      async handle({ user, params, body: { displayname: name } }) {
        checkOwn(user, params.user, ids)
        await profiles.rename(user, checked(name ?? ''))
        return {}
      },
    }),
    route({
      method: 'GET',
      path: `${path}/avatar_url`,
      async handle({ user, params }) {
        await nameFor(user, params.user)
        throw notFound('This server shows no pictures to Matrix clients yet')
      },
    }),
  ]
}

/** @throws MatrixError M_TOO_LARGE, M_INVALID_PARAM */
function checked(name: string): string {
  if (Buffer.byteLength(name) > NAME_OCTETS_MAX) throw tooLarge(`A name has at most ${NAME_OCTETS_MAX} octets`)
  if (/[\p{Cc}\u{fffe}\u{ffff}]/u.test(name)) throw invalidParam('A name has no control characters')
  return name
}
