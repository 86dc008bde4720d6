/**
 * An unmodified strophe.js in a page: carries out the orders of `driver-protocol.ts`, and tells what its connection is
 * shown. Stanzas of presence and roster are written here as the library's users write them.
 */
import { $iq, $msg, $pres, Strophe, type Builder } from 'strophe.js'
import type { Contact, LoggedIn, LoginOrder, Order, Outcome, Shown } from '../driver-protocol.ts'
import type { Subscription } from '../person.ts'

const PING = 'urn:xmpp:ping'
const DELAY = 'urn:xmpp:delay'
const BLOCKING = 'urn:xmpp:blocking'
const CARBONS = 'urn:xmpp:carbons:2'

type Connection = InstanceType<typeof Strophe.Connection>

interface Driver {
  /** What the driver lets pages call. */
  show(shown: Shown): void
}
interface Page {
  carryOut(order: Order): Promise<Outcome>
}

const { show } = globalThis as unknown as Driver
let connection: Connection | null = null

function logIn({ jid, password, host, port, security, managed }: LoginOrder): Promise<LoggedIn> {
  const service = security === 'bosh' ? `https://${host}:${port}/http-bind` : `wss://${host}:${port}/xmpp-websocket`
  const strophe = new Strophe.Connection(service, { enableStreamManagement: managed })
  connection = strophe
  let mechanism = ''
  strophe.rawOutput = (xml: string) => (mechanism = /<auth [^>]*mechanism="([^"]+)"/.exec(xml)?.[1] ?? mechanism)
  return connect(strophe, jid, password).then(() => ({ jid: strophe.jid, mechanism }))
}

/** It comes back for its session if it has one. */
function connect(strophe: Connection, jid: string, password: string): Promise<void> {
  return new Promise((resolve, reject) => {
    strophe.connect(jid, password, (status: number, condition: string | null) => {
      if (status === Strophe.Status.CONNECTED) {
        listen(strophe)
        resolve()
      }
      if (status === Strophe.Status.AUTHFAIL || status === Strophe.Status.CONNFAIL)
        reject(new Error(condition ?? 'not-authorized'))
      if (status === Strophe.Status.DISCONNECTED) show({ shown: 'closed', condition: condition ?? '' })
    })
  })
}

async function resume(strophe: Connection): Promise<void> {
  await connect(strophe, strophe.jid, strophe.pass as string)
  if (!strophe.hasResumed()) throw new Error('session-over')
}

function listen(strophe: Connection): void {
  const on = (name: string, handle: (stanza: Element) => void): void =>
    void strophe.addHandler(
      (stanza: Element) => {
        handle(stanza)
        return true // it stays
      },
      null as unknown as string,
      name,
    )
  on('presence', onPresence)
  on('message', onMessage)
  on('iq', (iq) => {
    if (iq.getAttribute('type') !== 'set') return
    for (const item of itemsOf(iq)) show({ shown: 'contact', ...item })
    strophe.send($iq({ type: 'result', id: iq.getAttribute('id')! }))
  })
}

const textOf = (stanza: Element, name: string): string | null =>
  [...stanza.children].find((child) => child.localName === name)?.textContent ?? null
const itemsOf = (iq: Element): readonly Contact[] =>
  [...iq.querySelectorAll('query > item')].map((item) => ({
    jid: item.getAttribute('jid')!,
    subscription: (item.getAttribute('subscription') ?? 'none') as Subscription,
  }))

function onPresence(stanza: Element): void {
  const [from, type] = [stanza.getAttribute('from')!, stanza.getAttribute('type')]
  const status = textOf(stanza, 'status') ?? ''
  if (type === 'subscribe') show({ shown: 'request', from })
  else if (type === 'unavailable') show({ shown: 'presence', from, show: 'offline', status })
  else if (type === null) show({ shown: 'presence', from, show: textOf(stanza, 'show') ?? 'online', status })
}
function onMessage(stanza: Element): void {
  const body = textOf(stanza, 'body')
  const delayed = stanza.getElementsByTagNameNS(DELAY, 'delay').length > 0
  if (body !== null) show({ shown: 'message', from: stanza.getAttribute('from')!, body, carbon: false, delayed })
}

/** @throws Error with the condition of the answer */
function ask(iq: Builder): Promise<Element> {
  return new Promise((resolve, reject) => {
    connection!.sendIQ(iq, resolve, (error: Element | null) => {
      reject(new Error(error?.querySelector('error > *')?.localName ?? 'no answer'))
    })
  })
}

async function done(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'login':
      return logIn(order)
    case 'resume':
      return resume(connection!)
    case 'logout':
      return connection!.disconnect('')
    case 'presence': {
      const presence = $pres()
      if (order.show !== 'online') presence.c('show').t(order.show).up()
      if (order.status !== '') presence.c('status').t(order.status).up()
      return connection!.send(presence)
    }
    case 'roster':
      return itemsOf(await ask($iq({ type: 'get' }).c('query', { xmlns: Strophe.NS.ROSTER })))
    case 'add':
      await ask($iq({ type: 'set' }).c('query', { xmlns: Strophe.NS.ROSTER }).c('item', { jid: order.jid }))
      return connection!.send($pres({ type: 'subscribe', to: order.jid }))
    case 'approve':
      return connection!.send($pres({ type: 'subscribed', to: order.jid }))
    case 'message':
      return connection!.send($msg({ type: 'chat', to: order.jid }).c('body').t(order.body))
    case 'ping':
      return void (await ask($iq({ type: 'get', to: order.jid }).c('ping', { xmlns: PING })))
    case 'disco': {
      const info = await ask($iq({ type: 'get', to: order.jid }).c('query', { xmlns: Strophe.NS.DISCO_INFO }))
      return [...info.querySelectorAll('feature')].map((feature) => feature.getAttribute('var'))
    }
    case 'block':
    case 'unblock':
      return void (await ask($iq({ type: 'set' }).c(order.do, { xmlns: BLOCKING }).c('item', { jid: order.jid })))
    case 'carbons':
      return void (await ask($iq({ type: 'set' }).c('enable', { xmlns: CARBONS })))
  }
}

Object.assign(globalThis, {
  carryOut: (order) =>
    done(order).then(
      (value = null) => ({ value }),
      (error: Error) => ({ error: error.message }),
    ),
} satisfies Page)
