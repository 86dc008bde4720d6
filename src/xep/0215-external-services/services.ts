/** STUN and TURN servers as the configuration names them: URIs of RFC 7064 and RFC 7065. */
import { isIP } from 'node:net'

export interface ExternalService {
  readonly type: 'stun' | 'stuns' | 'turn' | 'turns'
  /** A name or an IP address, without brackets. */
  readonly host: string
  readonly port: number
  readonly transport: 'udp' | 'tcp'
}

const URI = /^(stun|stuns|turn|turns):(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/
/** RFC 5389 9, RFC 5766 6.1. */
const PORT = 3478
const TLS_PORT = 5349

/** Null if `uri` names no STUN or TURN server. */
export function serviceAt(uri: string): ExternalService | null {
  const [, type, place = '', port, transport] = URI.exec(uri) ?? []
  if (type === undefined) return null
  const host = place.startsWith('[') ? place.slice(1, -1) : place
  if (place.startsWith('[') && isIP(host) !== 6) return null
  const isTls = type === 'stuns' || type === 'turns'
  const number = port === undefined ? (isTls ? TLS_PORT : PORT) : Number(port)
  if (number < 1 || number > 65_535) return null
  if (transport !== undefined && !type.startsWith('turn')) return null // RFC 7064 3.1 has none
  return {
    type: type as ExternalService['type'],
    host,
    port: number,
    transport: (transport as 'udp' | 'tcp' | undefined) ?? (isTls ? 'tcp' : 'udp'),
  }
}

/** A relay costs its operator something: it is used with credentials only. */
export const isRelay = ({ type }: ExternalService): boolean => type === 'turn' || type === 'turns'
