/**
 * XEP-0494: users see which clients have access to their account, and take it away from one. The list is that of
 * `porchlight user devices` (`server/account/clients.ts`).
 */
import { section } from '../../base/settings.ts'
import { clientIdOf, clientsOf, isPaused, revokeClient, type Client } from '../../server/account/clients.ts'
import { ACCESS_REVOKED } from '../../server/account/endings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import type { Session } from '../../server/account/session.ts'
import { el, type Element } from '../../xml/element.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import { Packet } from '../../xmpp/packet.ts'
import { errorReply, StanzaError } from '../../xmpp/stanza-error.ts'

const CAM = 'urn:xmpp:cam:0'

export const clientAccess = defineFeature({
  name: 'client-access',
  specs: [xep(494, 'Client Access Management', '0.1.0', 'complete', 'clients with tokens (XEP-0484) or sessions')],
  settings: section({}),
  install(host) {
    const rule = { ns: CAM, access: 'owner' } as const
    host.iqToAccount({ ...rule, type: 'get', name: 'list', handle: (request) => list(host, request) })
    host.iqToAccount({ ...rule, type: 'set', name: 'revoke', handle: (request) => revoke(host, request) })
    host.disco.server.features.push(CAM)
  },
})

async function list(host: Host, { account }: AccountRequest): Promise<Answer> {
  const clients = await clientsOf(host, account.bare.bare)
  return el('clients', CAM, {}, ...clients.map((client) => written(client, host.clock.now())))
}

function written({ id, name, kinds, firstAt, usedAt, sessions }: Client, now: number): Element {
  const isConnected = sessions.some((session) => !isPaused(session))
  const lastSeen = Math.max(usedAt, ...sessions.map(({ heardAt }) => heardAt))
  const child = (of: string, ...content: (Element | string)[]): Element => el(of, CAM, {}, ...content)
  return el(
    'client',
    CAM,
    { id, connected: String(isConnected), type: 'session' },
    child('first-seen', formatDateTime(firstAt)),
    child('last-seen', formatDateTime(isConnected ? now : lastSeen)),
    child('auth', child('password'), ...(kinds.includes('fast') ? [child('fast')] : [])),
    el('permission', CAM, { status: 'unrestricted' }),
    child('user-agent', child('device', name ?? sessions.map(({ jid }) => jid.resource).join(', '))),
  )
}

/** A client without tokens has shown the password, and only another password keeps it out: its session ends all the same. */
async function revoke(host: Host, { account, payload, packet, session }: AccountRequest): Promise<Answer> {
  const id = payload.attr('id')
  if (id === undefined) throw new StanzaError('bad-request')
  const client = (await clientsOf(host, account.bare.bare)).find((one) => one.id === id)
  if (client === undefined) throw new StanzaError('item-not-found')
  const error = client.expiresAt === null ? needsPassword() : null
  const own = session !== null && clientIdOf(session) === id ? session : null
  await revokeClient(host, account.bare, id, ACCESS_REVOKED, () => own?.take(answerTo(packet, own, error)))
  if (error !== null) throw error
  return null
}

const needsPassword = (): StanzaError =>
  new StanzaError('service-unavailable', { type: 'cancel', specific: el('password-reset-required', CAM) })

/** A client that revokes its own access receives the answer before its session ends. The answer that follows finds no session. */
const answerTo = (packet: Packet, { jid, account }: Session, error: StanzaError | null): Packet =>
  (error === null ? null : errorReply(packet, error, account.bare)) ??
  Packet.of({ kind: 'iq', type: 'result', from: packet.to ?? account.bare, to: jid, id: packet.id })
