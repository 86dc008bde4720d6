/**
 * XEP-0490: the clients of a user agree about what was read. What they publish is an ordinary node of the account (XEP-0163); this
 * is the help of the server: a client says what it has read in the message by which it tells the other side.
 */
import { section } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { FromClient } from '../../server/pipeline/contexts.ts'
import type { Stage } from '../../server/pipeline/pipeline.ts'
import { Payload } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { pepOf, type Pep } from '../0163-personal-eventing/index.ts'

const DISPLAYED = 'urn:xmpp:mds:displayed:0'
const ASSIST = 'urn:xmpp:mds:server-assist:0'

export const displayedSynchronization = defineFeature({
  name: 'displayed-synchronization',
  specs: [xep(490, 'Message Displayed Synchronization', '1.0.1')],
  needs: ['personal-eventing'],
  settings: section({}),
  install(host) {
    const pep = pepOf(host)
    const displayed: Stage<FromClient> = (context) => {
      if (context.packet.payload.text.includes(DISPLAYED)) assist(host, pep, context)
      return 'next'
    }
    host.fromClient('displayed', displayed, { kinds: ['message'] })
    host.disco.account.features.push(ASSIST)
  },
})

/** 3.2: the other side must not see it. The item is named for the chat, which is the address of the message. */
function assist({ log }: Host, pep: Pep, context: FromClient): void {
  const { packet, session } = context
  const { elements } = packet.payload
  const said = elements.filter((e) => e.is('displayed', DISPLAYED))
  if (said.length === 0) return
  context.packet = packet.with({ payload: Payload.of(...elements.filter((e) => !said.includes(e))) })
  if (packet.to === null || packet.type === 'error') return
  const item = { id: packet.to.full, payload: Payload.of(said[0]!) }
  pep.publish(session.account.bare, DISPLAYED, [item]).catch((error: unknown) => {
    if (!(error instanceof StanzaError)) log.error({ err: error }, 'What a client has displayed could not be published')
  })
}
