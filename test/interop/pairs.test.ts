/** Every story with every two makes of client. */
import { test } from 'node:test'
import { profanity, slixmpp, xmppJs } from './makes.ts'
import { skipped, Theatre } from './stories.ts'

for (const [first, second] of [
  [slixmpp, slixmpp],
  [xmppJs, xmppJs],
  [xmppJs, slixmpp],
  [slixmpp, profanity],
  [profanity, xmppJs],
  [profanity, profanity],
] as const) {
  test(`${first.name} and ${second.name}`, { skip: skipped(first, second) }, async (t) => {
    // A killed client that has stream management (XEP-0198) is waited for; so long, and not five minutes.
    const times = { 'stream-management': { 'resume-time': '1 second' } }
    const theatre = await Theatre.open(t, times)
    await theatre.playAll(t, first, second)
  })
}
