/**
 * A bot that is a contact like any other: add echo@bot.localhost to your roster, see it online, and it repeats what
 * you say. It is an XMPP component (XEP-0114), so it has a whole domain to itself and needs no account.
 *
 *     node bot.js xmpp://127.0.0.1:5347 bot.localhost secret-file
 */
import { readFileSync } from 'node:fs'
import { component, jid, xml } from '@xmpp/component'

const [service = 'xmpp://127.0.0.1:5347', domain = 'bot.localhost', secretFile = 'secret'] = process.argv.slice(2)
const ME = `echo@${domain}`
const HERE = `${ME}/porch`
const since = new Date().toTimeString().slice(0, 5)

const bot = component({ service, domain, password: readFileSync(secretFile, 'utf8').trim() })

/** Bare addresses of those who see us. Forgotten when we stop: their servers probe us again. */
const watchers = new Set()

const presence = (to, attributes = {}, ...children) => bot.send(xml('presence', { from: ME, to, ...attributes }, ...children))
const online = (to) => presence(to, { from: HERE }, xml('status', {}, `I repeat what you say, since ${since}`))
const refuse = (stanza, condition) =>
  bot.send(
    xml(
      stanza.name,
      { type: 'error', from: stanza.attrs.to, to: stanza.attrs.from, id: stanza.attrs.id },
      xml('error', { type: 'cancel' }, xml(condition, { xmlns: 'urn:ietf:params:xml:ns:xmpp-stanzas' })),
    ),
  )

// What a component does about presence, its server does for accounts: RFC 6121 sections 3 and 4.
const onPresence = {
  __proto__: null, // nothing but what stands here
  async subscribe(from) {
    await presence(from, { type: 'subscribed' }) // everybody may see us
    watchers.add(from)
    await online(from)
  },
  async unsubscribe(from) {
    watchers.delete(from)
    await presence(from, { type: 'unavailable', from: HERE })
    await presence(from, { type: 'unsubscribed' })
  },
  async probe(from) {
    watchers.add(from)
    await online(from)
  },
}

async function answer(stanza) {
  const { type = '', from, to } = stanza.attrs
  if (type === 'error') return // errors are never answered
  const isOurs = jid(to).bare().toString() === ME
  const contact = jid(from).bare().toString()
  if (stanza.is('presence')) {
    if (isOurs) await onPresence[type]?.(contact)
    else if (type === 'subscribe' || type === 'probe') await presence(contact, { type: 'unsubscribed', from: to })
  } else if (stanza.is('message')) {
    if (!isOurs) return refuse(stanza, 'service-unavailable')
    const body = stanza.getChildText('body')
    if (body) await bot.send(xml('message', { type: 'chat', from: HERE, to: from }, xml('body', {}, body)))
  }
}

bot.iqCallee.get('http://jabber.org/protocol/disco#info', 'query', () => {
  const identity = xml('identity', { category: 'client', type: 'bot', name: 'Echo' })
  return xml('query', { xmlns: 'http://jabber.org/protocol/disco#info' }, identity)
})

const report = (error) => console.error(String(error))
bot.on('stanza', (stanza) => answer(stanza).catch(report))
bot.on('online', () => console.log(`online as ${ME}`))
bot.on('error', report) // it tries again by itself
process.once('SIGTERM', async () => {
  for (const contact of watchers) await presence(contact, { type: 'unavailable', from: HERE })
  await bot.stop()
})
bot.start().catch(() => {})
