/**
 * RFC 6120 8.1.1.2, 8.1.2.2: what a stanza of another server must look like before anybody here sees it, and what is
 * taken out of it because only this server may say so (SEC-8).
 */
import { withoutForgeries } from '../../server/forgeries.ts'
import type { RawElement } from '../../xml/scanner.ts'
import type { Wire } from '../../xml/wire.ts'
import { JidError, jidOfWire, type Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StreamError } from '../../xmpp/stream-error.ts'
import { forClients } from '../content-namespace.ts'
import { stanzaFrom } from '../packet-from.ts'
import type { Pair } from './dialback/elements.ts'

export interface StanzaRules {
  readonly serves: (domain: string) => boolean
  /** May this stream be used from `remote` to `local`? */
  readonly accepts: (pair: Pair) => boolean
}

/** @throws StreamError improper-addressing, host-unknown, invalid-from */
export function stanzaOfPeer(raw: RawElement, { serves, accepts }: StanzaRules, lang: Wire | null): Packet {
  const from = addressOf(raw.from)
  const to = addressOf(raw.to)
  if (!serves(to.domain)) throw new StreamError('host-unknown')
  if (!accepts({ local: to.domain, remote: from.domain })) throw new StreamError('invalid-from')
  const { packet } = stanzaFrom(raw, from, lang, to)
  const payload = forClients(raw)
  return withoutForgeries(payload === null ? packet! : packet!.with({ payload }), (by) => serves(by.domain))
}

function addressOf(value: Wire | null): Jid {
  try {
    if (value !== null) return jidOfWire(value)
  } catch (error) {
    if (!(error instanceof JidError)) throw error
  }
  throw new StreamError('improper-addressing')
}
