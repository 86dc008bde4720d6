/** One request of a Matrix client, as handlers see it. */
import type { HttpExchange } from '../../base/http.ts'
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Listen, WhyAwake } from './waiting.ts'

export interface Call {
  readonly exchange: HttpExchange
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** As the schema of the route has made it; an empty object if the route has none. */
  readonly body: unknown
  /** The domain of ours that the client has called. */
  readonly domain: string
}

/** The answer of a handler that has answered already, with something else than JSON. */
export const SENT: object = Object.freeze({})

/** A request with or without a token. */
export interface MaybeCall extends Call {
  /** The account; null: a stranger. */
  readonly user: Jid | null
}

/** A request with the token of a device. */
export interface DeviceCall extends Call {
  /** The account. */
  readonly user: Jid
  /** The id of the device. */
  readonly device: string
  /** Waits for news, at most this long. Never rejects. */
  wait(span: Millis, listen: Listen): Promise<WhyAwake>
}
