/** For the operator: the present pauses and lost links of which clients are told (XEP-0310 4), and how many clients. */
import type { Links } from '../../server/links/links.ts'
import type { DoubtInForce } from '../../server/explaining/witnesses.ts'
import type { Pauses } from './pauses.ts'
import type { Receivers } from './receivers.ts'

export function* doubtsInForce(links: Links, pauses: Pauses, receivers: Receivers): Generator<DoubtInForce> {
  const told = new Map<string, number>()
  for (const [{ full, domain }, doubt] of receivers.doubted()) {
    const about = doubt === 'connection-paused' ? full : domain
    told.set(about, (told.get(about) ?? 0) + 1)
  }
  const inForce = (about: string, why: DoubtInForce['why'], since: number): DoubtInForce => {
    return { about, why, since, told: told.get(about) ?? 0 }
  }
  for (const [{ jid }, since] of pauses.shown()) yield inForce(jid.full, 'connection-paused', since)
  const lost = new Map<string, number>()
  for (const { remote, lostSince, since, isAnnouncedDown } of links.all()) {
    const begin = lostSince ?? since
    if (isAnnouncedDown) lost.set(remote, Math.min(begin, lost.get(remote) ?? begin))
  }
  for (const [remote, since] of lost) yield inForce(remote, 'server-unavailable', since)
}
