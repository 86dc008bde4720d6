/**
 * Messages from device to device, which clients encrypt (MXR-141): stored before the sender is answered, told in their order, and
 * kept until the device that was told them asks for what came later.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Counter } from '../../base/metrics.ts'
import type { Log } from '../../base/log.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Hides } from '../data/ignored.ts'
import { invalidParam, tooLarge } from '../http/errors.ts'
import type { JsonObject } from './canonical.ts'
import { checkName } from '../rooms/event-limits.ts'
import type { Positions } from '../sync/positions.ts'
import type { Wakes } from '../sync/wakes.ts'
import type { Amount, InboxStore, Letter } from './inbox-store.ts'
import type { Place } from './store.ts'

export interface ToDeviceParts {
  readonly store: InboxStore
  readonly positions: Pick<Positions, 'begin' | 'end'>
  readonly wakes: Wakes
  /** Null: no account of ours. @param id as a client writes it */
  readonly userOf: (id: string) => Jid | null
  readonly idOf: (bare: string) => string
  readonly devicesOf: (user: Jid) => Promise<readonly string[]>
  /** Whom that user (a bare JID) ignores. */
  readonly hiddenFrom: (bare: string) => Promise<Hides>
  /** What waits for one device. */
  readonly max: Amount
  readonly lost: Counter
  readonly log: Log
}
/** What a device sends: by user and device (`*`: all devices) the content. */
export type Contents = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>
export interface Mail {
  readonly from: Jid
  readonly device: string
  readonly type: string
  /** The name that the device has given to this request. */
  readonly transaction: string
  readonly contents: Contents
}
export interface Told {
  readonly events: readonly object[]
  /** The number up to which the device is told everything. */
  readonly upTo: number
}

const CONTENT_OCTETS_MAX = 64 * 1024
/** Letters of one request. */
const LETTERS_MAX = 1000
/** Letters of one answer. */
export const TOLD_MAX = 100
/** Requests of one device that are known when they are repeated. */
const SENT_MAX = 1000
/** Of what may wait for a device, the part that one user may have sent. */
const SHARE = 10
/** Devices of which it is known without a look into the store whether something waits. */
const KNOWN_MAX = 20_000

export class ToDevice {
  readonly #parts: ToDeviceParts
  /** By device: the number of the newest letter; 0: nothing waits. */
  readonly #newest = new BoundedMap<string, number>(KNOWN_MAX)
  /** Grows with each letter: what was read before that is not remembered. */
  #written = 0

  constructor(parts: ToDeviceParts) {
    this.#parts = parts
  }
  /** On disk when it resolves; the same request again does nothing. @throws MatrixError */
  async send({ from, device, type, transaction, contents }: Mail): Promise<void> {
    for (const name of [type, transaction]) checkName(name)
    const places = await this.#places(from, contents)
    const { positions, store, wakes } = this.#parts
    const stream = positions.begin()
    const letters = places.map(({ place, content }): Letter => ({ ...place, stream, sender: from.bare, type, content }))
    this.#written += 1
    for (const { place } of places) this.#newest.set(nameOf(place), stream)
    const sent = { owner: from.bare, device, name: `${type} ${transaction}`, stream }
    const isNew = await store.put(sent, letters, SENT_MAX).finally(() => positions.end(stream))
    if (!isNew) return
    for (const owner of new Set(letters.map((one) => one.owner))) wakes.wake(owner)
    for (const { place } of places) await this.#trim(place, from.bare)
  }
  async #places(from: Jid, contents: Contents) {
    const found = await Promise.all(Object.entries(contents).map(([id, byDevice]) => this.#placesOf(from, id, byDevice)))
    const places = found.flat()
    if (places.length > LETTERS_MAX) throw tooLarge(`At most ${LETTERS_MAX} devices are written to at once`)
    if (new Set(places.map(({ place }) => nameOf(place))).size < places.length)
      throw invalidParam('A device is named twice: two of the user ids are the same')
    return places
  }
  async #placesOf(from: Jid, id: string, byDevice: Contents[string]) {
    const { userOf, devicesOf, hiddenFrom } = this.#parts
    const texts = new Map(Object.entries(byDevice).map(([device, content]) => [device, contentOf(content)]))
    const user = userOf(id)
    if (user === null || (await hiddenFrom(user.bare))(from.bare)) return []
    return (await devicesOf(user)).flatMap((device) => {
      const content = texts.get(device) ?? texts.get('*')
      return content === undefined ? [] : [{ place: { owner: user.bare, device }, content }]
    })
  }
  /** The sender's oldest letters go first: nobody can push out what others have written. */
  async #trim(place: Place, sender: string): Promise<void> {
    const { store, max, lost, log } = this.#parts
    const share = { letters: Math.ceil(max.letters / SHARE), octets: Math.ceil(max.octets / SHARE) }
    const all = await store.amount(place, null)
    if (!isMore(all, share)) return
    const gone =
      (isMore(await store.amount(place, sender), share) ? await store.trim(place, sender, share) : 0) +
      (isMore(all, max) ? await store.trim(place, null, max) : 0)
    if (gone === 0) return
    lost.add(gone)
    log.warn({ ...place, sender, letters: gone }, 'Messages for a Matrix device were dropped: it has not asked for them for long')
  }

  /** The device knows everything up to that number. */
  async acknowledge(place: Place, upTo: number): Promise<void> {
    const newest = await this.#newestOf(place)
    if (newest === 0 || upTo === 0) return
    await this.#parts.store.drop(place, upTo)
    const key = nameOf(place)
    if (newest <= upTo && this.#newest.get(key) === newest) this.#newest.set(key, 0)
  }
  /** What waits behind `after` and up to `upTo`, the oldest first; not more than fits into one answer. */
  async news(place: Place, after: number, upTo: number): Promise<Told> {
    if ((await this.#newestOf(place)) <= after) return { events: [], upTo }
    const letters = await this.#parts.store.page(place, after, upTo, TOLD_MAX)
    const events = letters.map(({ sender, type, content }) => ({
      sender: this.#parts.idOf(sender),
      type,
      content: JSON.parse(content) as object,
    }))
    return { events, upTo: letters.length < TOLD_MAX ? upTo : letters.at(-1)!.stream }
  }
  async #newestOf(place: Place): Promise<number> {
    const key = nameOf(place)
    const known = this.#newest.get(key)
    if (known !== undefined) return known
    const written = this.#written
    const newest = await this.#parts.store.newest(place)
    if (written === this.#written) this.#newest.set(key, newest)
    return newest
  }
  forget(place: Place): void {
    this.#newest.delete(nameOf(place))
  }
  /** Of all devices of an account, also of those for which nothing is stored any more. */
  forgetAll(owner: string): void {
    this.#written += 1
    for (const key of this.#newest.keys()) if (key.startsWith(`${owner}/`)) this.#newest.delete(key)
  }
}

const nameOf = ({ owner, device }: Place): string => `${owner}/${device}`
const isMore = (amount: Amount, max: Amount): boolean => amount.letters > max.letters || amount.octets > max.octets
function contentOf(content: JsonObject): string {
  const text = JSON.stringify(content)
  if (Buffer.byteLength(text) > CONTENT_OCTETS_MAX) throw tooLarge(`A message has at most ${CONTENT_OCTETS_MAX} octets`)
  return text
}
