/** The rooms that the server lists for everybody (XEP-0045 6.1 to 6.3), page by page (XEP-0059). */
import type { Agent } from 'stanza'
import type { DiscoItems, IQ, Paging } from 'stanza/protocol'
import type { RoomDirectory } from '../model/board.ts'

/** The most that the page shows. */
const ROOMS_MAX = 500

export async function readDirectory(client: Agent): Promise<Omit<RoomDirectory, 'state'>> {
  const service = await serviceOf(client)
  return { service, rooms: service === null ? [] : await roomsOf(client, service) }
}
async function serviceOf(client: Agent): Promise<string | null> {
  const { items } = await client.getDiscoItems(client.config.server)
  for (const { jid } of items) {
    if (jid === undefined) continue
    const info = await client.getDiscoInfo(jid).catch(() => null)
    if (info?.identities.some(({ category, type }) => category === 'conference' && type === 'text') === true) return jid
  }
  return null
}
async function roomsOf(client: Agent, service: string): Promise<RoomDirectory['rooms']> {
  const rooms: { readonly jid: string; readonly name: string | null }[] = []
  let after: string | undefined
  do {
    const paging: Paging = after === undefined ? { max: 100 } : { max: 100, after }
    const { disco } = await client.sendIQ({ type: 'get', to: service, disco: { type: 'items', paging } as DiscoItems } as IQ)
    const page = disco as (DiscoItems & { readonly paging?: Paging }) | undefined
    const items = page?.items ?? []
    for (const { jid, name } of items) if (jid !== undefined) rooms.push({ jid, name: name ?? null })
    after = items.length === 0 ? undefined : page?.paging?.last
  } while (after !== undefined && rooms.length < ROOMS_MAX)
  return rooms
}
