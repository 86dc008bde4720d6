/**
 * RFC 6120 8.1.1.2, 8.1.2.2: the checks of a stanza from another server before anything else sees it, and the removal of
 * elements that only this server may add (SEC-8).
 */
import { withoutForgeries } from '../../server/routing/forgeries.ts'
import type { RawElement } from '../../xml/scanner.ts'
import { jidOf, type IsOurs } from '../../xmpp/jid.ts'
import { StreamError } from '../../xmpp/stream-error.ts'
import { forClients } from '../content-namespace.ts'
import { addressOf, stanzaFrom, type Read } from '../packet-from.ts'
import type { DomainPair } from '../../xmpp/domain-pair.ts'

export interface StanzaRules {
  readonly serves: (domain: string) => boolean
  readonly isOurs: IsOurs
  /** May this stream be used from `remote` to `local`? */
  readonly accepts: (pair: DomainPair) => boolean
}

/**
 * The language of the stream header is not inherited by the stanza: DEVIATES(24).
 * @throws StreamError improper-addressing, host-unknown, invalid-from
 */
export function stanzaOfPeer(raw: RawElement, { serves, isOurs, accepts }: StanzaRules): Read {
  const from = raw.from === null ? null : addressOf(raw.from)
  const to = raw.to === null ? null : addressOf(raw.to)
  if (from === null || to === null) throw new StreamError('improper-addressing')
  const [local, remote] = [to.jid.domain, from.jid.domain]
  if (!serves(local)) throw new StreamError('host-unknown')
  if (!accepts({ local, remote })) throw new StreamError('invalid-from')
  const read = stanzaFrom(raw, from.jid, null, jidOf('', local), isOurs)
  if (read.error !== null) return read
  if (from.error !== null) return { ...read, error: from.error }
  const payload = forClients(raw)
  const honest = withoutForgeries(payload === null ? read.packet : read.packet.with({ payload }), (by) => serves(by.domain))
  return honest === read.packet ? read : { ...read, packet: honest }
}
