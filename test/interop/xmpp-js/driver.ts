/**
 * Drives an unmodified @xmpp/client by JSON lines, as `driver-protocol.ts` describes them. The library knows streams,
 * SASL and <iq/>; the stanzas of presence and roster are written here as its users write them.
 */
import { createInterface } from 'node:readline'
import { client, jid as parseJid, xml, type Client, type Element } from '@xmpp/client'
import type { Contact, LoggedIn, LoginOrder, Order, Shown } from '../driver-protocol.ts'
import type { Subscription } from '../person.ts'
import { request, start } from './managed.ts'

const ROSTER = 'jabber:iq:roster'
const PING = 'urn:xmpp:ping'
const DISCO_INFO = 'http://jabber.org/protocol/disco#info'
const BLOCKING = 'urn:xmpp:blocking'
const CARBONS = 'urn:xmpp:carbons:2'
const FORWARD = 'urn:xmpp:forward:0'
const DELAY = 'urn:xmpp:delay'
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
const SASL2 = 'urn:xmpp:sasl:2'

const write = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
const show = (shown: Shown): void => write(shown)

let xmpp: Client | null = null

async function logIn({ jid, password, host, port, security }: LoginOrder): Promise<LoggedIn> {
  const { local: username, domain } = parseJid(jid)
  const at = `${host}:${port}`
  const service =
    security === 'websocket' ? `wss://${at}/xmpp-websocket` : `${security === 'starttls' ? 'xmpp' : 'xmpps'}://${at}`
  const entity = client({ service, domain, username, password })
  // Coming back by itself would hide what the server did.
  entity.reconnect.stop()
  let [mechanism, condition] = ['', '']
  entity.on('send', (element) => {
    if (element.is('authenticate', SASL2) || element.is('auth', SASL)) mechanism = element.attrs['mechanism'] ?? ''
  })
  entity.on('stanza', onStanza)
  entity.on('error', (error) => (condition = conditionOf(error)))
  entity.on('disconnect', () => show({ shown: 'closed', condition }))
  entity.iqCallee.set(ROSTER, 'query', ({ element }) => {
    for (const item of element.getChildren('item')) show({ shown: 'contact', ...contactOf(item) })
    return true
  })
  entity.iqCallee.set(BLOCKING, 'block', () => true)
  entity.iqCallee.set(BLOCKING, 'unblock', () => true)
  await start(entity)
  xmpp = entity
  return { jid: entity.jid!.toString(), mechanism }
}

function contactOf({ attrs }: Element): Contact {
  return { jid: attrs['jid']!, subscription: (attrs['subscription'] ?? 'none') as Subscription }
}

function onStanza(stanza: Element): void {
  const { from = '', type } = stanza.attrs
  if (stanza.is('message')) return onMessage(stanza)
  if (!stanza.is('presence')) return
  const status = stanza.getChildText('status') ?? ''
  if (type === 'subscribe') show({ shown: 'request', from })
  else if (type === 'unavailable') show({ shown: 'presence', from, show: 'offline', status })
  else if (type === undefined) show({ shown: 'presence', from, show: stanza.getChildText('show') ?? 'online', status })
}

function onMessage(stanza: Element): void {
  const copy = stanza.getChild('received', CARBONS) ?? stanza.getChild('sent', CARBONS)
  const message = copy?.getChild('forwarded', FORWARD)?.getChild('message') ?? stanza
  const body = message.getChildText('body')
  const delayed = message.getChild('delay', DELAY) !== undefined
  if (body !== null) show({ shown: 'message', from: message.attrs['from'] ?? '', body, carbon: copy !== undefined, delayed })
}

async function carryOut(order: Order): Promise<unknown> {
  if (order.do === 'login') return logIn(order)
  const ask = (type: 'get' | 'set', child: Element, to?: string): Promise<Element | null> => request(xmpp!, type, child, to)
  switch (order.do) {
    case 'logout':
      return void (await xmpp!.stop())
    case 'presence': {
      const children = [
        order.show === 'online' ? [] : xml('show', {}, order.show),
        order.status === '' ? [] : xml('status', {}, order.status),
      ]
      return xmpp!.send(xml('presence', {}, ...children.flat()))
    }
    case 'roster':
      return (await ask('get', xml('query', ROSTER)))!.getChildren('item').map(contactOf)
    case 'add':
      await ask('set', xml('query', ROSTER, xml('item', { jid: order.jid })))
      return xmpp!.send(xml('presence', { type: 'subscribe', to: order.jid }))
    case 'approve':
      return xmpp!.send(xml('presence', { type: 'subscribed', to: order.jid }))
    case 'message':
      return xmpp!.send(xml('message', { type: 'chat', to: order.jid }, xml('body', {}, order.body)))
    case 'ping':
      return void (await ask('get', xml('ping', PING), order.jid))
    case 'disco': {
      const info = await ask('get', xml('query', DISCO_INFO), order.jid)
      return info!.getChildren('feature').map((f) => f.attrs['var'])
    }
    case 'block':
    case 'unblock':
      return void (await ask('set', xml(order.do, BLOCKING, xml('item', { jid: order.jid }))))
    case 'carbons':
      return void (await ask('set', xml('enable', CARBONS)))
  }
}

/** The library's errors of SASL, streams and stanzas have one. */
const conditionOf = (error: Error & { readonly condition?: string }): string => error.condition ?? error.message

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...order } = JSON.parse(line) as Order & { readonly id: number }
  try {
    write({ answer: id, value: (await carryOut(order as Order)) ?? null })
  } catch (error) {
    write({ answer: id, error: conditionOf(error as Error) })
  }
}
process.exit(0)
