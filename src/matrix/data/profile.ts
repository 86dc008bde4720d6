/**
 * Profiles: the name that a user shows is the nickname of XEP-0172, which clients of XMPP set and see too. Who may see it is what
 * the node of the nickname says; somebody who may not, and a name without an account, get the same answer.
 */
import * as v from 'valibot'
import type { Host } from '../../server/feature.ts'
import { el, type Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Payload } from '../../xmpp/packet.ts'
import { pepOf, type Pep } from '../../xep/0163-personal-eventing/index.ts'
import { invalidParam, tooLarge } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import { checkOwn, userIn } from '../http/users.ts'
import { isVeiledId, type UserIdSpace } from '../ids/user-id.ts'
import type { Pictures } from '../media/pictures.ts'
import { unseen, type ItemsSeen } from './items-seen.ts'

const NICK = 'http://jabber.org/protocol/nick'
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
  readonly #items: ItemsSeen
  readonly #pep: Pep

  constructor(host: Host, items: ItemsSeen) {
    this.#items = items
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
    return nameIn((await this.#items.last(viewer, user, NICK)) ?? undefined)
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
const shown = (name: string | null, picture: string | null = null): object => ({
  ...(name === null ? {} : { displayname: name }),
  ...(picture === null ? {} : { avatar_url: picture }),
})

interface ProfileParts {
  readonly profiles: Profiles
  readonly pictures: Pictures
  readonly ids: UserIdSpace
}
export function profileRoutes({ profiles, pictures, ids }: ProfileParts): readonly Route[] {
  const path = '/profile/:user'
  const nameFor = (viewer: Jid, id: string): Promise<string | null> =>
    isVeiledId(id) ? profiles.hiddenName(viewer, id) : profiles.seenBy(viewer, userIn(id, ids))
  const pictureFor = async (viewer: Jid, id: string): Promise<string | null> =>
    isVeiledId(id) ? null : pictures.uriOf(viewer, userIn(id, ids))
  return [
    route({
      method: 'GET',
      path,
      handle: async ({ user, params }) => shown(await nameFor(user, params.user), await pictureFor(user, params.user)),
    }),
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
        const picture = await pictureFor(user, params.user)
        return picture === null ? {} : { avatar_url: picture }
      },
    }),
    route({
      method: 'PUT',
      path: `${path}/avatar_url`,
      body: v.object({ avatar_url: v.nullish(v.string()) }),
      async handle({ user, params, body: { avatar_url: picture } }) {
        checkOwn(user, params.user, ids)
        await pictures.set(user, picture === undefined || picture === '' ? null : picture)
        return {}
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
