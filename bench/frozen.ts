/**
 * A server that freezes (SIGSTOP): for the network it is there, and it answers nothing any more. How long until a client
 * that watches somebody there, and asks for annotations, is told; with default timers.
 *   node bench/frozen.ts        (about three minutes)
 */
import { ASKING } from '../test/support/annotations.ts'
import type { Afterwards } from '../test/support/afterwards.ts'
import { FAR, measured, NEAR, online, Pair, sleep, until } from './pair.ts'

const [WATCHER, CONTACT] = [`watcher@${NEAR}`, `contact@${FAR}`]

await measured(async (t) => {
  const pair = await Pair.open(t, { [NEAR]: new Map([[WATCHER, [CONTACT]]]), [FAR]: new Map([[CONTACT, [WATCHER]]]) })
  const { watcher, doubt } = await watching(t, pair)
  const freeze = async (how: string, first: () => void): Promise<void> => {
    await sleep(5000)
    process.kill(pair.far.pid, 'SIGSTOP')
    const frozen = performance.now()
    try {
      first()
      await until('the watcher is told', 150, () => doubt.isThere)
      console.log(`${how}: told after ${((performance.now() - frozen) / 1000).toFixed(1)} s`)
    } finally {
      process.kill(pair.far.pid, 'SIGCONT')
    }
    const back = performance.now()
    await until('the doubt is taken back', 150, () => !doubt.isThere)
    console.log(`  and that all is well ${((performance.now() - back) / 1000).toFixed(1)} s after it goes on`)
  }
  await freeze('Frozen, and a message is sent to it', () => {
    watcher.write(`<message to='${CONTACT}' type='chat'><body>are you there?</body></message>`)
  })
  await freeze('Frozen, and nothing is sent to it', () => {})
})

/** The watcher, and whether it is told to doubt that the contact is there. */
async function watching(
  t: Afterwards,
  { near, far }: Pair,
): Promise<{ watcher: Awaited<ReturnType<typeof online>>; doubt: { isThere: boolean } }> {
  const doubt = { isThere: false }
  let hasSeen = false
  const contact = await online(t, far, CONTACT, () => {})
  contact.write('<presence/>')
  const watcher = await online(t, near, WATCHER, (stanza) => {
    if (stanza.startsWith('<iq')) {
      const [id, from] = ['id', 'from'].map((name) => new RegExp(` ${name}=['"]([^'"]+)`).exec(stanza)![1])
      watcher.write(`<iq type='result' id='${id}' to='${from}'>${ASKING.query}</iq>`)
    } else if (stanza.startsWith('<presence') && stanza.includes(CONTACT)) {
      hasSeen = true
      if (stanza.includes('state-annotation')) doubt.isThere = stanza.includes('<server-unavailable')
    }
  })
  watcher.write(`<presence>${ASKING.c}</presence>`)
  await until('the watcher has seen the contact', 30, () => hasSeen)
  return { watcher, doubt }
}
