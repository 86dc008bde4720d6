/** The presence of Matrix users: what devices say, what XMPP contacts see of them, and what Matrix users see of each other. */
import type { Millis } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { Bindings } from './bindings.ts'
import type { Board, Row } from './board.ts'
import { Clients } from './clients.ts'
import { Declaring, type Wanted } from './declaring.ts'
import type { MatrixDevice } from './device.ts'
import { keepDevices } from './keeping.ts'
import {
  deviceActivity,
  put,
  removeDevice,
  requestBegins,
  requestEnds,
  type Availability,
  type PresenceRules,
} from './machine.ts'
import { Users, type User } from './users.ts'

export interface PresenceParts {
  readonly host: Host
  readonly rules: PresenceRules
  readonly board: Board
  /** Takes one change of presence of the user, or says how long to wait. */
  readonly pace: (user: Jid) => Millis
  /** Of several texts of an XMPP status, the one in this language is shown. */
  readonly lang: string
  /** If not, nobody is seen: what was there before the server started goes. */
  readonly isOn: boolean
  /** Something new was told of the user. */
  readonly told: (user: Jid, position: number) => void
}

const OVER = (): void => {}

export class Presence {
  readonly users: Users
  /** Is told when what a device shows to XMPP contacts has changed. */
  readonly shownChanged: ((device: MatrixDevice) => void)[] = []
  readonly received: ((user: Jid, message: Packet) => void)[] = []
  readonly #parts: PresenceParts
  readonly #bindings: Bindings
  readonly #declaring: Declaring
  readonly #clients: Clients
  /** The devices of the user are to be kept anew. */
  readonly #changed: (bare: string) => void

  constructor(parts: PresenceParts) {
    const { host, rules, board, pace, lang, told, isOn } = parts
    this.#parts = parts
    this.#bindings = new Bindings({
      host,
      ends: ({ account, device }) => this.end(account.bare, device),
      shown: (device) => {
        for (const observer of this.shownChanged) observer(device)
      },
      received: (user, message) => {
        for (const observer of this.received) observer(user, message)
      },
    })
    this.users = new Users(
      { clock: host.clock, rules },
      {
        device: (user, news) => {
          this.#changed(user.jid.bare)
          this.#bindings.tell(user, news)
        },
        published: (user, row) => {
          told(user.jid, board.publish(user.jid, row).position)
        },
      },
    )
    this.#declaring = new Declaring({ clock: host.clock, users: this.users, pace: ({ jid }) => pace(jid) })
    this.#clients = new Clients({ host, users: this.users, lang })
    this.#changed = keepDevices({
      host,
      board,
      users: this.users,
      bindings: this.#bindings,
      follow: (jid) => this.follow(jid),
      look: (user) => this.#look(user),
      isOn,
    })
    host.on('server-stopping', () => this.#stop())
    host.on('account-deleted', ({ jid }) => this.#forget(jid))
  }
  /**
   * A request for updates begins.
   * @param isExplicit the request itself says how the device is to be seen
   * @returns to be called when the request is over
   */
  asked(jid: Jid, id: string, wanted: Wanted | 'offline', isExplicit: boolean): () => void {
    if (wanted === 'offline') return OVER
    const user = this.follow(jid)
    const device = requestBegins(this.users.rules, user.presence, id, this.#parts.host.clock.now())
    if (device.requests === 1) this.#bindings.alive(device)
    this.#declaring.say(user, id, wanted, isExplicit)
    this.users.settle(user)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.users.change(user, (state, now) => requestEnds(state, id, now))
      if (device.requests === 0) this.#bindings.alive(device)
    }
  }
  /**
   * The user sets the state of the device, and the text of all of them. Stored when this resolves.
   * @param text '' for none
   * @throws StorageError
   */
  async put(jid: Jid, id: string, wanted: Availability, text: string): Promise<void> {
    await this.#parts.board.setText(jid, text)
    const user = this.follow(jid)
    this.#declaring.forget(user, id)
    this.users.change(user, (state, now) => put(this.users.rules, state, id, wanted, text, now))
  }
  /** The user has done something with the device. */
  activity(jid: Jid, id: string): void {
    const user = this.users.get(jid.bare)
    const device = user?.presence.devices.get(id)
    if (device === undefined) return
    this.users.change(user!, (state, now) => deviceActivity(this.users.rules, state, id, now))
    if (device.requests === 0) this.#bindings.signOfLife(device)
  }
  /** The device is logged out. @param id null: all devices of the user */
  end(jid: Jid, id: string | null): void {
    const user = this.users.get(jid.bare)
    if (user === undefined) return
    const ids = id === null ? [...user.presence.devices.keys()] : [id]
    this.users.change(user, (state) => {
      for (const one of ids) {
        this.#declaring.forget(user, one)
        removeDevice(state, one)
      }
    })
    this.#changed(jid.bare)
  }
  addressOf(jid: Jid, device: string): Jid {
    return jid.withResource(this.#bindings.resourceOf({ jid }, device))
  }
  /** The devices that XMPP contacts see, or that rooms are to know. */
  endpointsOf(jid: Jid): readonly MatrixDevice[] {
    const devices = this.users.get(jid.bare)?.presence.devices.values() ?? []
    return [...devices].flatMap((device) => this.#bindings.of(device) ?? [])
  }
  /**
   * The presence of this user is followed from now on, if it was not already.
   * @throws Error if the user's home is not here
   */
  follow(jid: Jid): User {
    const known = this.users.get(jid.bare)
    if (known !== undefined) return known
    if (!this.#parts.host.accounts.isHome(jid.bare)) throw new Error(`The account ${jid.bare} is not at home here`)
    const { published, userText } = this.#parts.board.rowOf(jid)
    const user = this.users.add(jid, published, userText)
    this.#look(user)
    this.users.settle(user)
    return user
  }
  /** At the start: what was told of the user holds until `until`, or until devices and clients of before are there again. */
  restore({ jid, published, userText }: Row, until: Millis): void {
    const user = this.users.add(jid, published, userText)
    user.presence.restored = { state: published.presence, until }
  }
  /** Users without devices whom nobody looks at are not followed any more. */
  sweep(isSeen: (bare: string) => boolean): void {
    for (const user of [...this.users.all()]) {
      const { devices, restored } = user.presence
      if (devices.size === 0 && restored === null && !isSeen(user.jid.bare)) this.#drop(user)
    }
  }

  #look(user: User): void {
    const account = this.#parts.host.accounts.get(user.jid.bare)
    if (account !== undefined) this.#clients.begin(account, user)
  }
  #drop(user: User): void {
    this.users.drop(user)
    const { accounts } = this.#parts.host
    const account = accounts.isHome(user.jid.bare) ? accounts.get(user.jid.bare) : undefined
    if (account !== undefined) this.#clients.end(account)
  }
  #forget({ bare }: Jid): void {
    const user = this.users.get(bare)
    if (user !== undefined) this.#drop(user)
    this.#parts.board.forget(bare)
  }
  /** For good: contacts are told that the devices have gone. */
  #stop(): void {
    for (const user of [...this.users.all()]) this.end(user.jid, null)
    void this.#parts.board.save()
  }
}
