/**
 * XEP-0484: a client that has logged in gets a token, with which its next login takes one round trip. The SASL mechanisms for it
 * are in `hashed-token.ts`, the life of a token in `tokens.ts`. All of it depends on XEP-0388, whose `<authenticate/>` also asks
 * for a token, or says that one is invalid.
 */
import { between, count, duration, flag, section, zeroOr } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Authenticated, Enter, StreamInfo } from '../../server/streams/stream-features.ts'
import { el, type Element } from '../../xml/element.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import { FAST, hashedTokenMechanisms, type HashedTokenMechanism } from './hashed-token.ts'
import { Tokens, type Issued } from './tokens.ts'

const settings = section({
  'lifetime': duration(
    '30 days',
    zeroOr('1 minute', '365 days'),
    'How long a token is valid. A client that was away for longer needs the password again. "0 s": there are no tokens.',
  ),
  'renew-after': duration(
    '1 day',
    between('1 s', '365 days'),
    'Age of a token after which a client that logs in with it gets a new one.',
  ),
  'clients': count(
    20,
    between(1, 1000),
    'Clients of one account that may have tokens. With one more, the client that logged in least recently loses its token.',
  ),
  'without-channel-binding': flag(
    true,
    'Whether clients that cannot use channel binding, such as browsers, get tokens. Set it to false if [sasl] mechanisms has only -PLUS.',
  ),
})

export const fast = defineFeature({
  name: 'fast',
  specs: [xep(484, 'Fast Authentication Streamlining Tokens', '0.2.0', 'complete', 'HT-SHA-256-*; no TLS 0-RTT')],
  settings,
  async install(host, options) {
    if (options['lifetime'] === 0) return
    await host.stores.devices.purge(host.clock.now())
    const tokens = new Tokens(host.stores.devices, host.secret('fast'), host.clock, host.entropy, {
      lifetime: options['lifetime'],
      renewAfter: options['renew-after'],
      devicesMax: options['clients'],
    })
    const all = hashedTokenMechanisms(tokens)
    const service = new Fast(host, tokens, options['without-channel-binding'] ? all : all.filter((m) => m.binding !== null))
    host.streamFeatures.inline('token', {
      at: 'stream',
      ns: FAST,
      offer: (stream) => service.offer(stream),
      ask: (client, asked) => service.ask(client, asked),
    })
    for (const mechanism of service.mechanisms) host.streamFeatures.mechanism(mechanism)
  },
})

class Fast {
  readonly mechanisms: readonly HashedTokenMechanism[]
  readonly #host: Pick<Host, 'log'>
  readonly #tokens: Tokens

  constructor(host: Pick<Host, 'log'>, tokens: Tokens, mechanisms: readonly HashedTokenMechanism[]) {
    this.mechanisms = mechanisms
    this.#host = host
    this.#tokens = tokens
  }
  /** 3.1 */
  offer({ bindings }: StreamInfo): Element | null {
    const fitting = this.mechanisms.filter(({ binding }) => binding === null || bindings.includes(binding))
    return fitting.length === 0 ? null : el('fast', FAST, {}, ...fitting.map(({ name }) => el('mechanism', FAST, {}, name)))
  }
  /** Handles what an authenticated client says about its tokens. */
  async ask(client: Authenticated, asked: readonly Element[]): Promise<Enter> {
    const { jid, device, mechanism } = client
    if (device === null) return nothing // 4.1: a token is for one installation
    const byToken = this.#knows(mechanism)
    const isOver = byToken && asked.some((e) => e.name === 'fast' && isTrue(e.attr('invalidate')))
    if (isOver) await this.#tokens.revoke(jid.bare, device)
    const wanted = asked.find(({ name }) => name === 'request-token')?.attr('mechanism')
    const isDue = wanted === undefined && byToken && !isOver && (await this.#tokens.isDue(jid.bare, device))
    const which = isDue ? mechanism : wanted
    if (which === undefined || !this.#knows(which)) return nothing
    const issued = await this.#issue(client, device, which)
    return issued === null ? nothing : () => ({ reply: written(issued), session: null, entered: null })
  }

  #knows(mechanism: string): boolean {
    return this.mechanisms.some(({ name }) => name === mechanism)
  }
  /** Null if it cannot be stored. The client is authenticated anyway. */
  async #issue({ jid, credentials, deviceName: name }: Authenticated, device: string, mechanism: string): Promise<Issued | null> {
    try {
      return await this.#tokens.issue({ owner: jid.bare, device, name, mechanism, credentials })
    } catch (error) {
      this.#host.log.error({ err: error }, 'A token could not be issued; the client will need the password again')
      return null
    }
  }
}

const nothing: Enter = () => ({ reply: null, session: null, entered: null })
const written = ({ text, expiresAt }: Issued): Element => el('token', FAST, { token: text, expiry: formatDateTime(expiresAt) })
const isTrue = (value: string | undefined): boolean => value === 'true' || value === '1'
