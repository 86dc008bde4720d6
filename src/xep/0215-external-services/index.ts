/**
 * XEP-0215: where clients find STUN and TURN servers for calls, and credentials for the relays (EXT-1). Only users of this server
 * are told: a relay carries what they send.
 */
import { between, duration, section, text, uris, type Settings } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Answer, ServerRequest } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { credentialsUntil, type Credentials } from './credentials.ts'
import { isRelay, serviceAt, type ExternalService } from './services.ts'

const EXTDISCO = 'urn:xmpp:extdisco:2'
const TOKEN_OCTETS = 9

const externalSettings = section({
  servers: uris(
    'STUN and TURN servers for calls, which clients are told of: URIs such as "stun:stun.example.org:3478", "turn:turn.example.org?transport=udp" or "turns:turn.example.org:5349".',
    (uri) => serviceAt(uri) !== null,
    'must be URIs such as "stun:stun.example.org" or "turn:turn.example.org:3478?transport=udp"',
  ),
  secret: text(
    '',
    'The secret that the TURN servers share with this server (coturn: static-auth-secret): clients get credentials made with it. "file:PATH" reads it from a file. Empty: the relays are named without credentials.',
  ),
  lifetime: duration('12 hours', between('5 minutes', '7 days'), 'How long credentials for a TURN server are valid.'),
})

export const externalServices = defineFeature({
  name: 'external-services',
  specs: [xep(215, 'External Service Discovery', '1.0.0')],
  settings: externalSettings,
  install(host, settings) {
    const services = settings.servers.map((uri) => serviceAt(uri)!)
    if (services.length === 0) return
    const external = new ExternalServices(host, settings, services)
    host.iqToServer({ type: 'get', ns: EXTDISCO, name: 'services', handle: (request) => external.list(request) })
    host.iqToServer({ type: 'get', ns: EXTDISCO, name: 'credentials', handle: (request) => external.credentials(request) })
    host.disco.server.features.push(EXTDISCO)
  },
})

class ExternalServices {
  readonly #host: Host
  readonly #settings: Settings<typeof externalSettings>
  readonly #services: readonly ExternalService[]

  constructor(host: Host, settings: Settings<typeof externalSettings>, services: readonly ExternalService[]) {
    this.#host = host
    this.#settings = settings
    this.#services = services
  }
  /** Sections 3.1, 3.2 */
  list({ packet, payload }: ServerRequest): Answer {
    this.#refuseStrangers(packet.from)
    const type = payload.attr('type')
    const wanted = this.#services.filter((service) => type === undefined || service.type === type)
    const credentials = this.#newCredentials()
    return el(
      'services',
      EXTDISCO,
      { type },
      ...wanted.map((service) => elementOf(service, isRelay(service) ? credentials : null)),
    )
  }
  /** Section 3.3 */
  credentials({ packet, payload }: ServerRequest): Answer {
    this.#refuseStrangers(packet.from)
    const asked = payload.child('service', EXTDISCO)
    const [host, type, port] = ['host', 'type', 'port'].map((name) => asked?.attr(name))
    if (host === undefined || type === undefined) throw new StanzaError('bad-request', { text: 'Name a host and a type' })
    const found = this.#services.filter(
      (service) => service.host === host && service.type === type && (port === undefined || port === String(service.port)),
    )
    const credentials = this.#newCredentials()
    if (credentials === null || !found.some(isRelay)) throw new StanzaError('item-not-found')
    return el('credentials', EXTDISCO, {}, ...found.filter(isRelay).map((service) => elementOf(service, credentials)))
  }

  #refuseStrangers(from: ServerRequest['packet']['from']): void {
    if (from.local === '' || this.#host.router.kindOf(from.domain) !== 'accounts') throw new StanzaError('forbidden')
  }
  #newCredentials(): Credentials | null {
    const { clock, entropy } = this.#host
    const { secret, lifetime } = this.#settings
    if (secret === '') return null
    return credentialsUntil(clock.now() + lifetime, secret, entropy.bytes(TOKEN_OCTETS).toString('base64url'))
  }
}

function elementOf({ type, host, port, transport }: ExternalService, credentials: Credentials | null): Element {
  const place = { host, port: String(port), transport, type }
  if (credentials === null) return el('service', EXTDISCO, place)
  const { username, password, expiresAt } = credentials
  return el('service', EXTDISCO, { ...place, username, password, expires: formatDateTime(expiresAt) })
}
