/**
 * Drives an unmodified `stanza` (stanza.js) over a WebSocket or over BOSH by JSON lines, as `driver-protocol.ts` describes them. It
 * asks for stream management by itself, and comes back for its session when it connects again.
 */
import { createInterface } from 'node:readline'
import { createClient, type Agent } from 'stanza'
import { annotationsOf, PSA, stateAnnotations } from './annotations.ts'
import type { Message, ReceivedPresence, RosterItem } from 'stanza/protocol/index.js'
import type { Contact, LoggedIn, LoginOrder, Order, Shown } from '../driver-protocol.ts'
import type { Show, Subscription } from '../person.ts'

const write = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
const show = (shown: Shown): void => write(shown)
// What it finds remarkable would stand among the answers.
console.log = console.error
// It may write to a socket that was closed just now, and leaves that to nobody: in a browser it is a line in the console.
process.on('unhandledRejection', console.error)

/** Whether it asks for state annotations (XEP-0310). */
const asks = process.argv.includes('--annotations')
let client: Agent | null = null
/** The roster as it is known: the server tells only once what has not changed (RFC 6121 2.6). */
const contacts = new Map<string, Contact>()

async function logIn({ jid, password, host, port, security }: LoginOrder): Promise<LoggedIn> {
  const agent = createClient({
    jid,
    password,
    transports:
      security === 'bosh'
        ? { bosh: `https://${host}:${port}/http-bind`, websocket: false }
        : { websocket: `wss://${host}:${port}/xmpp-websocket`, bosh: false },
    // Coming back by itself would hide what the server did.
    autoReconnect: false,
  })
  // stanza 12.22 takes a mechanism with channel binding wherever one is offered, and binds nothing.
  for (const name of ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1-PLUS']) agent.sasl.disable(name)
  if (asks) {
    agent.stanzas.define([stateAnnotations])
    agent.disco.addFeature(PSA)
    agent.updateCaps()
  }
  let mechanism = ''
  agent.on('raw:outgoing', (xml) => {
    mechanism = /<(?:auth|authenticate) [^>]*mechanism="([^"]+)"/.exec(xml)?.[1] ?? mechanism
  })
  agent.on('available', onPresence)
  agent.on('unavailable', onPresence)
  agent.on('subscribe', ({ from = '' }) => show({ shown: 'request', from }))
  agent.on('message', (message) => onMessage(message, false))
  agent.on('carbon:received', ({ carbon }) => onMessage(carbon.forward.message!, true))
  agent.on('carbon:sent', ({ carbon }) => onMessage(carbon.forward.message!, true))
  agent.on('roster:update', ({ roster }) => {
    for (const item of roster.items ?? []) show({ shown: 'contact', ...noted(item) })
  })
  agent.on('disconnected', () => show({ shown: 'closed', condition: '' }))
  client = agent
  await begun(agent, 'session:started')
  return { jid: agent.jid, mechanism }
}

function noted({ jid, subscription }: RosterItem): Contact {
  const contact = { jid, subscription: subscription as Subscription }
  contacts.set(jid, contact)
  return contact
}

/** Connects. @throws Error when something else than `wanted` comes of it */
function begun(agent: Agent, wanted: 'session:started' | 'stream:management:resumed'): Promise<void> {
  return new Promise((resolve, reject) => {
    const outcomes = {
      'session:started': () => (wanted === 'session:started' ? resolve() : reject(new Error('session-over'))),
      'stream:management:resumed': () => resolve(),
      'auth:failed': () => reject(new Error('not-authorized')),
      'disconnected': () => reject(new Error('disconnected')),
    }
    for (const [event, settle] of Object.entries(outcomes)) agent.once(event as 'session:started', settle)
    void agent.connect()
  })
}

function onPresence(presence: ReceivedPresence): void {
  const { from, type, show: shown, status = '' } = presence
  show({ shown: 'presence', from, show: type === 'unavailable' ? 'offline' : ((shown as Show | undefined) ?? 'online'), status })
  for (const { by, doubt } of annotationsOf(presence)) show({ shown: 'annotation', from, by, doubt })
}
function onMessage({ from = '', body, delay }: Message, carbon: boolean): void {
  if (body !== undefined) show({ shown: 'message', from, body, carbon, delayed: delay !== undefined })
}

async function carryOut(order: Order): Promise<unknown> {
  if (order.do === 'login') return logIn(order)
  const agent = client!
  switch (order.do) {
    case 'resume':
      return begun(agent, 'stream:management:resumed')
    case 'logout':
      // XEP-0198 4 recommends to acknowledge before one closes, or what was read comes again. It does not by itself.
      if (agent.sm.started) await agent.send('sm', { type: 'ack', handled: agent.sm.handled })
      return void (await agent.disconnect())
    case 'presence':
      return agent.sendPresence({
        ...(order.show === 'online' ? {} : { show: order.show as 'away' }),
        ...(order.status === '' ? {} : { status: order.status }),
        ...(asks ? { legacyCapabilities: agent.disco.getCaps()! } : {}),
      })
    case 'roster':
      for (const item of (await agent.getRoster()).items ?? []) noted(item)
      return [...contacts.values()]
    case 'add':
      await agent.updateRosterItem({ jid: order.jid } as RosterItem)
      return agent.subscribe(order.jid)
    case 'approve':
      return agent.acceptSubscription(order.jid)
    case 'message':
      return void agent.sendMessage({ to: order.jid, type: 'chat', body: order.body })
    case 'ping':
      return void (await agent.ping(order.jid))
    case 'disco':
      return (await agent.getDiscoInfo(order.jid)).features
    case 'block':
      return agent.block(order.jid)
    case 'unblock':
      return agent.unblock(order.jid)
    case 'carbons':
      return void (await agent.enableCarbons())
  }
}

/** Errors of stanzas and of streams have one. */
function conditionOf(error: unknown): string {
  const { error: inner, message } = error as { error?: { condition?: string }; message?: string }
  return inner?.condition ?? message ?? 'unknown'
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...order } = JSON.parse(line) as Order & { readonly id: number }
  try {
    write({ answer: id, value: (await carryOut(order as Order)) ?? null })
  } catch (error) {
    write({ answer: id, error: conditionOf(error) })
  }
}
process.exit(0)
