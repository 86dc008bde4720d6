/**
 * RFC 7395, XEP-0124: every story with clients that come over WebSocket and BOSH, in Debian's Chromium too. Who they meet
 * is on TCP.
 */
import { test, type TestContext } from 'node:test'
import { over, stanzaJs, strophe, xmppJs, type DrivenMake } from './makes.ts'
import { becomeContacts, skipped, Theatre } from './stories.ts'

const programs = [over('websocket', stanzaJs), over('bosh', stanzaJs), over('websocket', xmppJs)]
const pages = [over('websocket', strophe), over('bosh', strophe)]

for (const make of [...programs, ...pages]) {
  test(make.name, { skip: skipped(make) }, async (t) => {
    // Who is killed is waited for; so long, and not five minutes. No request of a client that lives is so far from the next.
    const theatre = await Theatre.open(t, {
      'bosh': { inactivity: '5 seconds' },
      'stream-management': { 'resume-time': '1 second' },
    })
    await t.test('sees and is asked', (t) => theatre.playAll(t, make, xmppJs))
    if (programs.includes(make)) await t.test('is seen and asks', (t) => theatre.playAll(t, xmppJs, make))
    await t.test('all that it says at once arrives, in order', (t) => talk(t, theatre, make))
  })
}

/** XEP-0124 8, 14.2: as many requests as may be under way, one behind the other. */
async function talk(t: TestContext, theatre: Theatre, make: DrivenMake): Promise<void> {
  const [romeo, juliet] = [await theatre.person(t, make, 'romeo'), await theatre.person(t, xmppJs, 'juliet')]
  await becomeContacts(romeo, juliet)
  const said = Array.from({ length: 40 }, (_, i) => `${i}`)
  const saying = said.map((text) => romeo.say(juliet.jid, text))
  for (const text of said) await juliet.reads(romeo.jid, text)
  await Promise.all(saying)
  await romeo.settle()
}
