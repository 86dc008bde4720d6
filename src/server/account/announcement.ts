/** A message of the server to everybody who is connected and available. */
import { inPortions } from '../../base/portions.ts'
import { tickOver } from '../../base/tick.ts'
import { el } from '../../xml/element.ts'
import { jidOf } from '../../xmpp/jid.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import type { Sessions } from './sessions.ts'

/** Sessions that are sent it in one turn of the event loop. */
const AT_ONCE = 500

/** @param domain whose users; null: all @returns the number of sessions */
export async function announce(sessions: Pick<Sessions, 'all'>, text: string, domain: string | null): Promise<number> {
  const payload = Payload.of(el('subject', CLIENT, {}, 'Announcement'), el('body', CLIENT, {}, text))
  const all = [...sessions.all()].filter(({ jid, presence }) => presence !== null && (domain ?? jid.domain) === jid.domain)
  await inPortions(all, AT_ONCE, tickOver, (some) => {
    for (const session of some) {
      const from = jidOf('', session.jid.domain)
      session.take(Packet.of({ kind: 'message', type: 'headline', from, to: session.jid, payload }))
    }
  })
  return all.length
}
