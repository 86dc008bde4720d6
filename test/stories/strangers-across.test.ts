/**
 * RFC 6120 13.10.2, 13.11: a stranger on another server cannot tell who has an account here, and who of them is there:
 * whatever he tries, the octets that come back are the same for somebody who is online and does not know him, for somebody
 * who is offline, and for nobody at all.
 */
import assert from 'node:assert/strict'
import { addressed, ATTEMPTS } from '../support/attempts.ts'
import { federation, type Realm } from '../support/two-servers.ts'
import type { PeerWire } from '../support/peer-wire.ts'

const C = 'c.example'
const ONLINE = 'dave@b.example'
const VICTIMS = [ONLINE, 'erin@b.example', 'nobody@b.example'] as const
const OPEN = { b: { federation: { 'subscriptions-per-minute': 0, 'stanzas-per-second': 0 } } }
/** What is asked of it goes through the store and comes back. */
const FENCES = 3

/** What came back from each of the victims to the strangers that have tried them. */
async function answers(wire: PeerWire, round: number, xml: string, resource: string): Promise<readonly string[]> {
  VICTIMS.forEach((victim, i) => {
    wire.write(addressed(xml, `from='stranger${round}x${i}@${C}/x' id='q' to='${victim}${resource}'`))
  })
  const seen: [string, string, string] = ['', '', '']
  for (let fence = 0; fence < FENCES; fence++) {
    const id = `fence ${round} ${fence}`
    wire.write(`<iq type='get' id='${id}' from='${C}' to='nobody-at-all@b.example'><fence xmlns='urn:example:fence'/></iq>`)
    for (let come = await wire.element(id); come.attr('id') !== id; come = await wire.element(id)) {
      const [, of] = /^stranger\d+x(\d)@/.exec(come.attr('to') ?? '') ?? assert.fail(come.show())
      seen[Number(of)] += come.show().replaceAll(VICTIMS[Number(of)]!, 'VICTIM').replaceAll(`x${of}@`, '@')
    }
  }
  return seen
}

federation('T-X01: a stranger on another server cannot tell who is there, whatever he tries', OPEN, async (realm: Realm) => {
  await realm.b.story.account('erin@b.example')
  const [dave] = await realm.clients(`${ONLINE}/1`)
  const [wire] = await realm.proved(realm.b, C)
  let [round, answered] = [0, 0]
  for (const [what, xml, resources] of ATTEMPTS) {
    for (const resource of resources) {
      const seen = await answers(wire, (round += 1), xml, resource)
      assert.deepEqual(seen, [seen[0], seen[0], seen[0]], `${what} to '${resource}': online, offline, missing`)
      if (seen[0] !== '') answered += 1
    }
  }
  assert(answered > round / 2, 'the rest is silence')
  await dave.fence(`nobody-at-all@b.example`)
  dave.take()
})
