/** MAM-26, MAM-31: whatever people do, each message is in each archive once, and pages make up the whole. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryServer, settled, type Client, type MemoryServer } from '../../../test/support/memory-server.ts'
import type { Element } from '../../xml/element.ts'
import { offlineMessages } from '../0160-offline-messages/index.ts'
import { carbons } from '../0280-carbons/index.ts'
import { messageArchive } from './index.ts'

const PEOPLE = ['juliet@example.net', 'romeo@example.net', 'nurse@example.net'] as const
const MAM = 'urn:xmpp:mam:2'

type Step =
  | { readonly do: 'say'; readonly from: number; readonly to: number; readonly isToResource: boolean }
  | { readonly do: 'come' | 'leave'; readonly who: number; readonly resource: number }
  | { readonly do: 'read'; readonly who: number }
  | { readonly do: 'wait' }
const person = fc.nat(PEOPLE.length - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), from: person, to: person, isToResource: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('come' as const, 'leave' as const), who: person, resource: fc.nat(1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read' as const), who: person }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'wait' }) },
)

interface Page {
  readonly bodies: readonly string[]
  readonly ids: readonly string[]
  readonly isComplete: boolean
}
let queries = 0
async function page(client: Client, set: string): Promise<Page> {
  const id = `q${(queries += 1)}`
  void client.send(
    `<iq type='set' id='${id}'><query xmlns='${MAM}' queryid='${id}'><set xmlns='http://jabber.org/protocol/rsm'>${set}</set></query></iq>`,
  )
  const seen: Element[] = []
  for (let turn = 0; ; turn++) {
    assert(turn < 100, 'the query is answered')
    await settled()
    seen.push(...client.sent())
    const fin = seen.find((e) => e.attr('id') === id && e.name === 'iq')
    if (fin === undefined) continue
    const results = seen.flatMap((e) => e.child('result', MAM) ?? []).filter((e) => e.attr('queryid') === id)
    return {
      bodies: results.map(
        (e) =>
          e.child('forwarded', 'urn:xmpp:forward:0')!.child('message', 'jabber:client')!.child('body', 'jabber:client')!.text,
      ),
      ids: results.map((e) => e.attr('id')!),
      isComplete: fin.child('fin', MAM)!.attr('complete') === 'true',
    }
  }
}
/** Page after page, each of `max`. */
async function whole(client: Client, max: number): Promise<readonly string[]> {
  const all: string[] = []
  for (let after = ''; ;) {
    const { bodies, ids, isComplete } = await page(client, `<max>${max}</max>${after}`)
    all.push(...bodies)
    if (isComplete) return all
    after = `<after>${ids.at(-1)!}</after>`
  }
}

interface Scene {
  readonly server: MemoryServer
  /** The first client of each stays, and reads. */
  readonly readers: readonly Client[]
}
async function scene(): Promise<Scene> {
  const server = await memoryServer({ features: [messageArchive, offlineMessages, carbons] })
  const readers = await Promise.all(PEOPLE.map((bare) => server.bind(bare, 'reader')))
  for (const reader of readers) await reader.send(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
  return { server, readers }
}

test('each message is in both archives once, whoever comes and goes; pages make up the whole, while more is said', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (steps, max) => {
      const { server, readers } = await scene()
      const clients = new Map<string, Client>()
      const said = PEOPLE.map((): string[] => [])
      for (const [n, now] of steps.entries()) {
        if (now.do === 'wait') await settled()
        else if (now.do === 'read') void readers[now.who]!.send(`<iq type='set' id='r'><query xmlns='${MAM}'/></iq>`)
        else if (now.do === 'say') {
          const to = now.isToResource ? `${PEOPLE[now.to]!}/${n % 2}` : PEOPLE[now.to]!
          for (const who of new Set([now.from, now.to])) said[who]!.push(String(n))
          void readers[now.from]!.send(`<message type='chat' id='${n}' to='${to}'><body>${n}</body></message>`)
        } else {
          const name = `${PEOPLE[now.who]!}/${now.resource}`
          const client = clients.get(name) ?? (await server.bind(PEOPLE[now.who]!, String(now.resource)))
          clients.set(name, client)
          void client.send(now.do === 'come' ? '<presence/>' : "<presence type='unavailable'/>")
        }
      }
      for (let i = 0; i < 5; i++) await settled()
      for (const [who, reader] of readers.entries()) {
        const all = await whole(reader, max)
        assert.deepEqual([...all].toSorted(), said[who]!.toSorted())
        assert.deepEqual(all, await whole(reader, 100))
      }
      assert.deepEqual(server.errors, [])
    }),
    { numRuns: 12 },
  ))
