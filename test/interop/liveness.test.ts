/**
 * RFC 6120 4.6, XEP-0199: a client that says no more is seen offline after the ping time-out, whether its process
 * stands still or its network is gone without a word. XEP-0198 section 5: what it was sent meanwhile is not lost.
 */
import { test } from 'node:test'
import { Line } from './line.ts'
import { profanity, slixmpp, xmppJs } from './makes.ts'
import { becomeContacts, skipped, Theatre } from './stories.ts'

/** All this is over before anybody's patience is: see PATIENCE_MS. */
const TIMES = { 'ping': { idle: '1 s', timeout: '1 s' }, 'stream-management': { 'resume-time': '1 s' } }

test('a frozen client', { concurrency: true }, async (t) => {
  const theatre = await Theatre.open(t, TIMES)
  const frozen = [slixmpp, xmppJs, profanity].map((make) =>
    t.test(`${make.name} is seen offline, and who answers pings stays`, { skip: skipped(make) }, async (t) => {
      const [romeo, juliet] = [await theatre.person(t, make, 'romeo'), await theatre.person(t, xmppJs, 'juliet')]
      await becomeContacts(romeo, juliet)
      await romeo.freeze()
      // She has nothing to say meanwhile either.
      await juliet.seesOffline(romeo.jid)
      await juliet.settle()
      await juliet.sawAllOf(romeo.jid)
    }),
  )
  await Promise.all(frozen)
})

test('a half-open connection', { concurrency: true }, async (t) => {
  const theatre = await Theatre.open(t, TIMES)
  // slixmpp does not ask for stream management by itself: resumption.test.ts has it.
  const silenced = [xmppJs, profanity].map((make) =>
    t.test(`${make.name} is seen offline, and reads later what it was sent`, { skip: skipped(make) }, async (t) => {
      const line = await Line.open(t, () => theatre.server.port)
      const account = await theatre.account('romeo')
      const romeo = await theatre.person(t, make, account, line.to(theatre.server))
      const juliet = await theatre.person(t, xmppJs, 'juliet')
      await becomeContacts(romeo, juliet)
      line.goDead()
      await juliet.say(romeo.jid, 'Art thou gone so?')
      await juliet.seesOffline(romeo.jid)
      await romeo.kill()

      const again = await theatre.person(t, make, account)
      await again.logIn()
      await juliet.sees(romeo.jid, 'online', '')
      await again.reads(juliet.jid, 'Art thou gone so?')
    }),
  )
  await Promise.all(silenced)
})
