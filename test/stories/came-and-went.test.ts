/**
 * No flap: a contact that came and went while a client was away (XEP-0198), or while its user did not look (XEP-0352), was never
 * there for that client. One that it shows, and that goes meanwhile, is told to have gone.
 */
import assert from 'node:assert/strict'
import { Elsewhere } from '../support/elsewhere.ts'
import { bareOf, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { enable, resume, SM } from '../support/stream-management.ts'

const BOB = bareOf('bob')
const CAROL = 'carol@b.example'
const GONE = `type='unavailable'`

/** How a client is not reached for a while. @returns what it reads when it is back */
type Absence = (cast: Cast, bob: StoryClient) => Promise<() => Promise<readonly string[]>>

const away: Absence = async (cast, bob) => {
  const id = await enable(bob)
  bob.drop()
  await cast.settle()
  return async () => {
    const wire = await cast.authenticated('bob')
    wire.write(resume(id, 0))
    await wire.expect(`<resumed xmlns='${SM}' previd='${id}' h='*'/>`)
    wire.write(`<iq type='get' id='f'><ping xmlns='urn:xmpp:ping'/></iq>`)
    const got: string[] = []
    for (;;) {
      const next = await wire.element('the answer')
      if (next.name === 'iq') return got
      if (next.name === 'presence') got.push(`${next.attr('from')} ${next.attr('type') ?? 'available'}`)
    }
  }
}
const inactive: Absence = async (_cast, bob) => {
  bob.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
  await bob.fence()
  return async () => {
    bob.send(`<active xmlns='urn:xmpp:csi:0'/>`)
    await bob.fence()
    return bob.take().map((e) => `${e.attr('from')} ${e.attr('type') ?? 'available'}`)
  }
}

for (const [how, absence] of [
  ['a client that is away', away],
  ['a client whose user does not look', inactive],
] as const) {
  story(`no flap: ${how} is not told of a contact that came and went meanwhile`, { on: ['memory'] }, async (cast) => {
    const carol = new Elsewhere(cast)
    const elsewhere = (resource: string, attributes = ''): Promise<void> =>
      carol.send(`<presence from='${CAROL}/${resource}' to='${BOB}' ${attributes}/>`)
    await cast.befriend('alice', 'bob')
    await cast.rosters(['bob', CAROL, 'both'])
    const shown = await cast.client('alice', 'shown')
    const bob = await cast.client('bob', '1')
    await elsewhere('shown')
    await cast.forget()
    const back = await absence(cast, bob)
    const alice = await cast.client('alice', 'passing')
    alice.send(`<presence><show>away</show></presence>`)
    await alice.fence()
    await alice.close()
    await elsewhere('passing')
    await elsewhere('passing', GONE)
    await shown.close()
    await elsewhere('shown', GONE)
    await cast.settle()
    const got = await back()
    assert.deepEqual(got, [`${shown.jid} unavailable`, `${CAROL}/shown unavailable`])
    await cast.forget()
  })
}
