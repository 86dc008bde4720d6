/** What others may know beside that somebody is there: when he was last here, his pauses; and since when he is idle (XEP-0319). */
import assert from 'node:assert/strict'
import { asking, comeBack, lose, says } from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { delay, gone, here } from '../support/stanzas.ts'
import { bareOf, DOMAIN, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { refusal } from '../support/xml-pattern.ts'

const JULIET = bareOf('juliet')
const COMMANDS = 'http://jabber.org/protocol/commands'
const FORM = 'jabber:x:data'
const LAST = 'jabber:iq:last'
const MINUTE = 60_000
const SM = { 'ask-after': '1 day', 'ask-after-stanzas': 100_000, 'resume-time': '5 minutes' }
const strict = { settings: { 'stream-management': SM, 'presence-annotations': { 'pause-grace': '0 s' } } }
const inMemory = { on: ['memory'] as const }
const PAUSED = says(DOMAIN, 'connection-paused')

/** The user says what others may know, as a client does it (XEP-0050). */
async function choose(client: StoryClient, values: Readonly<Record<string, string>>): Promise<void> {
  const fields = Object.entries(values).map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
  const form = `<x xmlns='${FORM}' type='submit'>${fields.join('')}</x>`
  const command = `<command xmlns='${COMMANDS}' node='presence-policy' action='complete'>${form}</command>`
  const answer = await client.ask(`<iq type='set' id='c' to='${DOMAIN}'>${command}</iq>`)
  assert.equal(answer.child('command')?.attr('status'), 'completed', answer.show())
}
const lastOf = (id: string): string => `<iq type='get' id='${id}' to='${JULIET}'><query xmlns='${LAST}'/></iq>`
const seconds = (id: string, n: number): string =>
  `<iq type='result' id='${id}' from='${JULIET}'><query xmlns='${LAST}' seconds='${n}'/></iq>`

/** Juliet has gone at 00:10 with that policy; romeo looks an hour later. */
async function hasGone(cast: Cast, policy: string): Promise<readonly [romeo: StoryClient, juliet: StoryClient]> {
  const [romeo, juliet, other] = await cast.friends('romeo/1', 'juliet/1', 'juliet/2')
  await choose(juliet, { 'last-seen': policy })
  await cast.advance(10 * MINUTE)
  for (const one of [juliet, other]) one.send(`<presence type='unavailable'/>`)
  await juliet.close()
  await cast.advance(60 * MINUTE)
  await cast.forget()
  return [romeo, other]
}

for (const [policy, stamp, since] of [
  ['exact', '2026-01-01T00:10:00Z', 3600],
  ['coarse', '2026-01-01T00:00:00Z', 4200],
] as const) {
  story(`RFC 6121 4.3.2, XEP-0012: last seen, ${policy}`, inMemory, async (cast) => {
    const [romeo, juliet] = await hasGone(cast, policy)
    romeo.send(`<presence type='probe' to='${JULIET}'/>`)
    await romeo.expect(gone(JULIET, delay(stamp), romeo.bare))
    await juliet.close()
    await romeo.ask(lastOf('l'), seconds('l', since))
  })
}

story('RFC 6121 4.3.2, XEP-0012: last seen, not at all', inMemory, async (cast) => {
  const [romeo, juliet] = await hasGone(cast, 'none')
  romeo.send(`<presence type='probe' to='${JULIET}'/>`)
  await romeo.expect(gone(JULIET, '', romeo.bare))
  await juliet.close()
  await romeo.ask(lastOf('l'), refusal('iq', `id='l'`, 'auth', 'forbidden'))
})

story('last seen: of accounts that are not in memory', inMemory, async (cast) => {
  const [, juliet] = await hasGone(cast, 'none')
  await juliet.close()
  const { accounts } = cast.server.host
  accounts.forget(JULIET)
  const romeo = await cast.client('romeo', '2', { presence: null })
  romeo.send('<presence/>')
  await cast.settle()
  const fromJuliet = romeo.take().find((xml) => xml.attr('from') === JULIET)
  assert.deepEqual([fromJuliet?.attr('type'), fromJuliet?.elements.length], ['unavailable', 0])
  await cast.forget()
})

story('XEP-0050: the command is found, shows how it is, and refuses what is none of the options', async (cast) => {
  const juliet = await cast.client('juliet', '1')
  const items = `<iq type='get' id='i' to='${DOMAIN}'><query xmlns='http://jabber.org/protocol/disco#items' node='${COMMANDS}'/></iq>`
  const item = ['presence-policy', 'strangers', 'urn:xmpp:invite#invite', 'search']
    .map((node) => `<item jid='${DOMAIN}' node='${node}' name='*'/>`)
    .join('')
  await juliet.ask(
    items,
    `<iq type='result' id='i' from='*'><query xmlns='http://jabber.org/protocol/disco#items' node='${COMMANDS}'>${item}</query></iq>`,
  )
  const info = await juliet.ask(
    `<iq type='get' id='n' to='${DOMAIN}'><query xmlns='http://jabber.org/protocol/disco#info' node='presence-policy'/></iq>`,
  )
  assert.equal(info.child('query')!.child('identity')!.attr('type'), 'command-node')
  const execute = `<iq type='set' id='e' to='${DOMAIN}'><command xmlns='${COMMANDS}' node='presence-policy' action='execute'/></iq>`
  const chosen = async (): Promise<unknown> => {
    const command = (await juliet.ask(execute)).child('command')!
    assert.equal(command.attr('status'), 'executing')
    return command
      .child('x')!
      .elements.filter(({ name }) => name === 'field')
      .map((field) => field.child('value')!.text)
  }
  assert.deepEqual(await chosen(), ['default', 'default'])
  await choose(juliet, { 'last-seen': 'coarse' })
  assert.deepEqual(await chosen(), ['coarse', 'default'])
  await choose(juliet, { 'last-seen': 'default', 'share-paused': 'none' })
  assert.deepEqual(await chosen(), ['default', 'none'])
  const command = (content: string, node = 'presence-policy', action = 'complete'): string =>
    `<iq type='set' id='x' to='${DOMAIN}'><command xmlns='${COMMANDS}' node='${node}' action='${action}'>${content}</command></iq>`
  const wrong = `<x xmlns='${FORM}' type='submit'><field var='last-seen'><value>never</value></field></x>`
  await juliet.ask(command(wrong), refusal('iq', `id='x'`, 'modify', 'bad-request'))
  await juliet.ask(command('', 'no-such'), refusal('iq', `id='x'`, 'cancel', 'item-not-found'))
  const bad = (condition: string): string => `<${condition} xmlns='${COMMANDS}'/>`
  await juliet.ask(command(''), refusal('iq', `id='x'`, 'modify', 'bad-request', bad('bad-payload')))
  await juliet.ask(command('', 'presence-policy', 'dance'), refusal('iq', `id='x'`, 'modify', 'bad-request', bad('bad-action')))
  const cancelled = await juliet.ask(command('', 'presence-policy', 'cancel'))
  assert.equal(cancelled.child('command')!.attr('status'), 'canceled')
  assert.deepEqual(await chosen(), ['default', 'none'])
})

story('PSA-35: who learns of a pause', strict, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const romeo = await asking(cast, 'romeo/1')
  const sibling = await asking(cast, 'benvolio/2')
  const benvolio = await cast.client('benvolio', 'lane')
  await choose(benvolio, { 'share-paused': 'none' })
  await cast.forget()
  const id = await lose(cast, benvolio)
  await sibling.expect(here(benvolio.jid, PAUSED))
  await cast.expectNothing()
  await choose(sibling, { 'share-paused': 'local' })
  await romeo.expect(here(benvolio.jid, PAUSED))
  await choose(sibling, { 'share-paused': 'none' })
  await romeo.expect(here(benvolio.jid, says(DOMAIN, '')))
  await comeBack(cast, benvolio, id)
  await sibling.expect(here(benvolio.jid, says(DOMAIN, '')))
})

story('PSA-35: contacts on other servers learn of a pause only if all may', { ...strict, ...inMemory }, async (cast) => {
  await cast.rosters(['benvolio', 'juliet@b.example', 'both'])
  const b = new Elsewhere(cast)
  const benvolio = await cast.client('benvolio', 'lane')
  const sibling = await cast.client('benvolio', '2')
  await b.send(`<presence from='juliet@b.example/x' to='${benvolio.bare}'>${ASKS}</presence>`)
  await cast.forget()
  await choose(sibling, { 'share-paused': 'local' })
  await b.take()
  await lose(cast, benvolio)
  await b.expectNothing()
  await choose(sibling, { 'share-paused': 'contacts' })
  const [question] = await b.take()
  assert.equal(question?.child('query')?.ns, 'http://jabber.org/protocol/disco#info')
})
const ASKS = `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://client.example' ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/>`

const IDLE = `<show>away</show><idle xmlns='urn:xmpp:idle:1' since='2025-12-31T23:00:00Z'/>`

story(
  'XEP-0319: since when somebody is idle stays in his presence: in probes, for who comes later, over a resumption',
  strict,
  async (cast) => {
    await cast.befriend('benvolio', 'romeo')
    const benvolio = await cast.client('benvolio', 'lane', { presence: `<presence>${IDLE}</presence>` })
    const romeo = await asking(cast, 'romeo/1')
    romeo.send(`<presence type='probe' to='${benvolio.bare}'/>`)
    await romeo.expect(here(benvolio.jid, IDLE))
    const id = await lose(cast, benvolio)
    await romeo.expect(here(benvolio.jid, IDLE + PAUSED))
    await comeBack(cast, benvolio, id)
    await romeo.expect(here(benvolio.jid, IDLE + says(DOMAIN, '')))
    const later = await cast.client('romeo', '2', { presence: null })
    later.send('<presence/>')
    await romeo.expect(here(later.jid))
    await cast.settle()
    assert.ok(later.take().some((xml) => xml.child('idle')?.attr('since') === '2025-12-31T23:00:00Z'))
    await cast.forget()
  },
)
