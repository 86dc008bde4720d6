/**
 * Matrix devices as endpoints of their accounts. A device that is not offline is bound; what it shows is broadcast by the rules of
 * RFC 6121, and while no request of it is under way its contacts are told of a doubt as of a session that lost its connection.
 */
import { createHmac } from 'node:crypto'
import { broadcastAvailable, broadcastUnavailable, type PresenceOut } from '../../im/presence.ts'
import type { Host } from '../../server/feature.ts'
import type { LocalAccount, LocalEndpoint } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { packetFromJson, packetToJson, type PacketJson } from '../../xmpp/stored-packet.ts'
import { MatrixDevice, type DeviceWays } from './device.ts'
import { devicePresence } from './device-presence.ts'
import type { Device, DeviceNews } from './machine.ts'
import type { User } from './users.ts'

export interface BindingsParts {
  readonly host: Host
  /** XMPP itself ends the device: an operator, or because the account is deleted. */
  readonly ends: (device: MatrixDevice) => void
  /** What the device shows to contacts has changed. */
  readonly shown: (device: MatrixDevice) => void
  /** A message has come to a device. */
  readonly received: (user: Jid, message: Packet) => void
}

/** The letters of the resource that stand for the device. */
const TAG_LETTERS = 10

export class Bindings {
  readonly #parts: BindingsParts
  readonly #secret: Buffer
  readonly #ways: DeviceWays
  readonly #out: PresenceOut<LocalEndpoint>
  /** By the state of the device. */
  readonly #bound = new Map<Device, MatrixDevice>()

  constructor(parts: BindingsParts) {
    this.#parts = parts
    const { host, ends, received } = parts
    const { clock, router, probing } = host
    this.#secret = host.secret('matrix device')
    this.#ways = { clock, send: (packet) => router.routeQuietly(packet), end: ends, received }
    this.#out = {
      route: (packet) => router.routeQuietly(packet),
      routeAll: (packet, to) => router.routeAll(packet, to),
      toResource: (packet, endpoint) => endpoint.take(packet),
      // Contacts here are read from their homes. Of those elsewhere it has to be known whether they ask for annotations
      probe: (me, contacts) => {
        const elsewhere = contacts.filter((contact) => router.placeOf(contact) !== 'here')
        if (elsewhere.length > 0) probing.ask(me, elsewhere)
      },
      pour: (me, steps) => me.room.pour(steps),
      becameAvailable() {},
    }
    host.metrics.gauge(
      'porchlight_matrix_devices_available',
      'Matrix devices that contacts see as a resource',
      () => this.#bound.size,
    )
  }
  /** The resource of the device: the same for ever, and not its id. */
  resourceOf(user: Pick<User, 'jid'>, id: string): string {
    const tag = createHmac('sha256', this.#secret).update(`${user.jid.bare}\0${id}`).digest('base64url')
    return `mx.${tag.slice(0, TAG_LETTERS)}`
  }
  /** The endpoint of a device that is not offline. */
  of(device: Device): MatrixDevice | null {
    return this.#bound.get(device) ?? null
  }
  /** Contacts are told what has changed. */
  tell(user: User, news: DeviceNews): void {
    const { device } = news
    const bound = this.#bound.get(device)
    if (bound !== undefined) return this.#show(bound, news)
    if (news.state === 'offline') return
    void this.#with(user, (account) => {
      // While the account was being loaded, the device may have gone, or have been bound
      if (device.told.state === 'offline' || this.#bound.has(device)) return
      this.#show(this.#bind(account, user, device, news.id), { ...news, ...device.told })
    })
  }
  /** A request of the device begins to be under way, or the last one ends. */
  alive(device: Device): void {
    const bound = this.#bound.get(device)
    if (bound === undefined) return
    if (device.requests > 0) this.#parts.host.tell('endpoint-resumed', { endpoint: bound })
    else this.#parts.host.tell('endpoint-paused', { endpoint: bound, isKept: false })
  }
  /** The client of a device without a request under way has done something. */
  signOfLife(device: Device): void {
    const bound = this.#bound.get(device)
    if (bound === undefined) return
    this.#parts.host.tell('endpoint-resumed', { endpoint: bound })
    this.#parts.host.tell('endpoint-paused', { endpoint: bound, isKept: false })
  }

  // For a restart

  save(device: Device): PacketJson | null {
    const presence = this.#bound.get(device)?.presence ?? null
    return presence === null ? null : packetToJson(presence)
  }
  /** The device was seen like this before the server started. Nobody is told anything. */
  restore(user: User, device: Device, id: string, presence: PacketJson): void | Promise<void> {
    return this.#with(user, (account) => {
      const bound = this.#bind(account, user, device, id)
      bound.presence = packetFromJson(presence)
      // It went while the account was being loaded: those who see it are told
      if (device.told.state === 'offline')
        return this.#end(bound, device, devicePresence(bound.jid, { ...device.told, lastActivity: null }))
      this.#parts.host.tell('endpoint-paused', { endpoint: bound, isKept: true })
      if (device.requests > 0) this.alive(device) // it came while the account was being loaded
      this.#parts.shown(bound)
    })
  }

  #with(user: User, use: (account: LocalAccount) => void): void | Promise<void> {
    const { accounts, log } = this.#parts.host
    const waits = accounts.with(user.jid.bare, (account) => {
      if (account !== null && account.disabled === null) use(account)
    })
    return waits?.catch((error: unknown) => log.error({ err: error }, 'A Matrix device could not be shown to contacts'))
  }
  #bind(account: LocalAccount, user: User, device: Device, id: string): MatrixDevice {
    const address = account.bare.withResource(this.resourceOf(user, id))
    const bound = new MatrixDevice(account, address, id, device, this.#ways)
    account.bind(bound)
    this.#parts.host.accounts.keep(account)
    this.#bound.set(device, bound)
    return bound
  }
  #show(bound: MatrixDevice, news: DeviceNews): void {
    const { device } = news
    const { host, shown } = this.#parts
    const { account, presence: before } = bound
    const packet = devicePresence(bound.jid, news)
    if (packet.type !== '') return this.#end(bound, device, packet)
    broadcastAvailable(account, bound, packet, this.#out)
    host.tell('endpoint-changed', { endpoint: bound, before, after: bound.presence })
    shown(bound)
    if (before === null && device.requests === 0) this.alive(device)
  }
  #end(bound: MatrixDevice, device: Device, unavailable: Packet): void {
    const { host, shown } = this.#parts
    const { account, presence: before } = bound
    bound.ended = true
    this.#bound.delete(device)
    broadcastUnavailable(account, bound, unavailable, host.clock.now(), this.#out)
    account.unbind(bound)
    if (before !== null) host.tell('endpoint-changed', { endpoint: bound, before, after: null })
    host.tell('endpoint-ended', { endpoint: bound })
    shown(bound)
    host.accounts.release(account)
  }
}
