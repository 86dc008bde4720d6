/**
 * How @xmpp/client 0.14.0 is used, so that it and the server count the same stanzas (XEP-0198 section 4).
 *
 * It says that it is online before it asks for stream management, and does not count stanzas that come in one piece with
 * <enabled/>: so nothing is asked for before <enabled/> is here. Nor does it count the answers that its own `iqCaller`
 * takes: so requests go past that. What it does not count is not acknowledged, and would come again.
 */
import { once } from 'node:events'
import { xml, type Client, type Element } from '@xmpp/client'
import { PATIENCE_MS } from '../person.ts'

const SM = 'urn:xmpp:sm:3'
const STREAMS = 'http://etherx.jabber.org/streams'
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** Online, and with stream management where the server offers it. */
export async function start(entity: Client): Promise<void> {
  entity.timeout = PATIENCE_MS // its own two seconds are not enough on a busy machine
  let offered = false
  const enabled = new Promise<void>((resolve) => {
    entity.on('nonza', (element) => {
      if (element.is('features', STREAMS)) offered = element.getChild('sm', SM) !== undefined
      else if (isOutcome(element)) resolve()
    })
  })
  // Its own promise misses a stream that the server opens before the write that asked for it is called back.
  await Promise.race([once(entity, 'online'), entity.start()])
  if (offered) await Promise.race([enabled, once(entity, 'disconnect')])
}

const isOutcome = (element: Element): boolean => element.is('enabled', SM) || element.is('failed', SM)

/** The server has answered a request with an error. */
export class RequestRefused extends Error {
  readonly condition: string
  constructor(condition: string) {
    super(`request refused: ${condition}`)
    this.condition = condition
  }
}

let requests = 0

/** The child of the result that has the name of the one that was sent; null: it has none. @throws RequestRefused */
export async function request(entity: Client, type: 'get' | 'set', child: Element, to?: string): Promise<Element | null> {
  const id = `request-${(requests += 1)}`
  const answer = new Promise<Element>((resolve) => {
    const look = (stanza: Element): void => {
      const { id: answered, type: kind } = stanza.attrs
      if (!stanza.is('iq') || answered !== id || (kind !== 'result' && kind !== 'error')) return
      entity.off('stanza', look)
      resolve(stanza)
    }
    entity.on('stanza', look)
  })
  await entity.send(xml('iq', { type, id, to }, child))
  const iq = await answer
  if (iq.attrs['type'] === 'result') return iq.getChild(child.name) ?? null
  const conditions = iq.getChild('error')?.children.filter((one) => typeof one !== 'string' && one.attrs['xmlns'] === STANZAS)
  throw new RequestRefused((conditions?.[0] as Element | undefined)?.name ?? 'undefined-condition')
}
