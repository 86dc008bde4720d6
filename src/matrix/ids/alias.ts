/** Aliases of rooms (MXR-18): `#tea:example.org` is the room tea@conference.example.org. */
import { jidOrNull, type Jid } from '../../xmpp/jid.ts'

/** The domain of the accounts of each domain of rooms, both ways. */
export interface RoomDomains {
  /** Of the rooms of that domain of accounts; null: there are none. */
  roomsAt(domain: string): string | null
  /** Of the accounts beside that domain of rooms. */
  accountsAt(roomDomain: string): string
}

/** @param services where rooms are, such as `conference.example.org` @param domains of accounts */
export function roomDomains(services: readonly string[], domains: readonly string[]): RoomDomains {
  const besides = new Map<string, string>()
  const rooms = new Map<string, string>()
  for (const domain of domains) {
    const service = services.find((name) => name.endsWith(`.${domain}`) && !name.slice(0, -domain.length - 1).includes('.'))
    if (service === undefined) continue
    besides.set(service, domain)
    rooms.set(domain, service)
  }
  return { roomsAt: (domain) => rooms.get(domain) ?? null, accountsAt: (service) => besides.get(service)! }
}

export const aliasOf = ({ local, domain }: Jid, domains: RoomDomains): string => `#${local}:${domains.accountsAt(domain)}`

/** The address that an alias names; null: it can be none of ours. */
export function addressOfAlias(alias: string, domains: RoomDomains): Jid | null {
  const [, local, domain] = /^#([^:\0]+):(.+)$/s.exec(alias) ?? []
  return local === undefined || domain === undefined ? null : addressOf(local, domain, domains)
}
/** @param local the part before the colon, as somebody writes it */
export function addressOf(local: string, domain: string, domains: RoomDomains): Jid | null {
  const service = domains.roomsAt(domain)
  if (service === null || /[@/\0]/.test(local)) return null
  const address = jidOrNull(`${local}@${service}`)
  return address !== null && address.isBare && address.local !== '' && address.fault === null ? address : null
}
