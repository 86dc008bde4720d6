/**
 * Matrix devices over a restart and a crash. A device whose client comes back in time was never away: contacts see it as before, in
 * doubt until a request arrives. Requests are not kept, so that they cost no write.
 */
import type { Host } from '../../server/feature.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import type { PacketJson } from '../../xmpp/stored-packet.ts'
import type { Bindings } from './bindings.ts'
import type { Board } from './board.ts'
import type { Availability, Device } from './machine.ts'
import type { User, Users } from './users.ts'

interface KeptDevice {
  readonly id: string
  readonly declared: Availability
  readonly declaredAt: number
  readonly lastActivity: number | null
  readonly told: Device['told']
  /** As contacts see it; null if they do not. */
  readonly presence: PacketJson | null
}

export interface KeepingParts {
  readonly host: Host
  readonly board: Board
  readonly users: Users
  readonly bindings: Bindings
  readonly follow: (jid: Jid) => User
  /** What the XMPP sessions of the user have said counts. */
  readonly look: (user: User) => void
  /** If not, the devices of before are gone. */
  readonly isOn: boolean
}

/** @returns to be called when devices of this user (bare JID) have changed */
export function keepDevices({ host, board, users, bindings, follow, look, isOn }: KeepingParts): (bare: string) => void {
  const restore = (user: User, kept: KeptDevice): void => {
    const { id, declared, declaredAt, lastActivity, told, presence } = kept
    const aliveAt = host.clock.now()
    const device: Device = { declared, declaredAt, lastActivity, requests: 0, aliveAt, isRemoved: !isOn, told }
    user.presence.devices.set(id, device)
    if (presence !== null) void bindings.restore(user, device, id, presence)
  }
  host.on('sessions-restored', () => {
    for (const user of users.all()) {
      look(user)
      // What is known to be left says more than what was told before
      if (user.presence.devices.size + user.presence.clients.size > 0) user.presence.restored = null
      users.settle(user)
    }
  })
  return host.keep.service<readonly KeptDevice[]>({
    name: 'matrix-presence',
    version: 1,
    *things() {
      for (const { jid: of, presence } of users.all()) if (presence.devices.size > 0) yield of.bare
    },
    save(bare, when) {
      if (when === 'for a restart') void board.save()
      const devices = users.get(bare)?.presence.devices
      if (devices === undefined || devices.size === 0) return null
      return Array.from(devices, ([id, device]) => {
        const { declared, declaredAt, lastActivity, told } = device
        return { id, declared, declaredAt, lastActivity, told, presence: bindings.save(device) }
      })
    },
    load(bare, kept) {
      const owner = jid(bare)
      if (!host.accounts.isHome(bare)) return
      const user = follow(owner)
      for (const device of kept) restore(user, device)
    },
  })
}
