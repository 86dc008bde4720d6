/**
 * Random scripts of one user who publishes, lets in and shuts out, and of contacts who come and go, against a simple model of who
 * is told of what: nobody of what they may not see, and everybody else once (PEP-3, PEP-10, PEP-11, PUB-7).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bareOf, Cast } from '../support/story.ts'
import { storyServer } from '../support/story-server.ts'
import type { StoryClient } from '../support/story-client.ts'
import { form, nowWanting, owners, publish, wanting } from '../support/eventing.ts'

const NODES = ['n1', 'n2', 'n3'] as const
const CONTACTS = ['bob', 'carol', 'dan', 'erin'] as const
type Contact = (typeof CONTACTS)[number]
/** As in alice's roster. Only with 'both' is there anybody to be told. */
const STANDING = { bob: 'both', carol: 'both', dan: 'from', erin: 'none' } as const
const MIRROR = { both: 'both', from: 'to', none: 'none' } as const
const WANTS: Readonly<Record<Contact, readonly string[]>> = { bob: ['n1', 'n2'], carol: ['n2', 'n3'], dan: NODES, erin: NODES }
const ACCESS = ['open', 'presence', 'whitelist'] as const
const AFFILIATIONS = ['none', 'member', 'outcast'] as const

interface ModelNode {
  access: (typeof ACCESS)[number]
  newest: string | null
  readonly affiliations: Map<Contact, (typeof AFFILIATIONS)[number]>
}
class Model {
  readonly nodes = new Map<string, ModelNode>()
  readonly available = new Set<Contact>(CONTACTS)
  readonly blocked = new Set<Contact>()

  maySee(who: Contact, { access, affiliations }: ModelNode): boolean {
    const affiliation = affiliations.get(who) ?? 'none'
    if (affiliation !== 'none') return affiliation === 'member'
    return access === 'open' || (access === 'presence' && STANDING[who] !== 'none')
  }
  isTold(who: Contact, name: string): boolean {
    const node = this.nodes.get(name)
    if (node === undefined || node.newest === null || STANDING[who] !== 'both') return false
    return this.available.has(who) && WANTS[who].includes(name) && !this.blocked.has(who) && this.maySee(who, node)
  }
  told(who: Contact): readonly string[] {
    return NODES.filter((name) => this.isTold(who, name))
  }
}

const node = fc.constantFrom(...NODES)
/** Mostly those of whom anything can be said. */
const contact = fc.constantFrom<Contact[]>('bob', 'bob', 'carol', ...CONTACTS)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), node }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('toggle' as const), who: contact }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('block' as const), who: contact }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('access' as const), node, access: fc.constantFrom(...ACCESS) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('affiliate' as const), node, who: contact, as: fc.constantFrom(...AFFILIATIONS) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

interface Stage {
  readonly cast: Cast
  readonly model: Model
  readonly alice: StoryClient
  readonly clients: Readonly<Record<Contact, StoryClient>>
  count: number
}

/** What each contact is to be told by this step, by node. */
async function take(stage: Stage, step: Step): Promise<(who: Contact) => readonly string[]> {
  const { model, alice, clients, cast } = stage
  const before = new Map(CONTACTS.map((who) => [who, model.told(who)]))
  const gained = (who: Contact): readonly string[] => model.told(who).filter((name) => !before.get(who)!.includes(name))
  switch (step.do) {
    case 'publish': {
      const text = `t${(stage.count += 1)}`
      const there = model.nodes.get(step.node) ?? { access: 'presence' as const, newest: null, affiliations: new Map() }
      there.newest = text
      model.nodes.set(step.node, there)
      await publish(alice, step.node, text)
      return (who) => (model.isTold(who, step.node) ? [step.node] : [])
    }
    case 'toggle':
      if (model.available.delete(step.who)) {
        clients[step.who].send("<presence type='unavailable'/>")
        return () => []
      }
      model.available.add(step.who)
      await nowWanting(cast, clients[step.who], WANTS[step.who])
      return gained
    case 'block': {
      const isBlocked = model.blocked.delete(step.who)
      if (!isBlocked) model.blocked.add(step.who)
      const name = isBlocked ? 'unblock' : 'block'
      alice.send(`<iq type='set' id='b'><${name} xmlns='urn:xmpp:blocking'><item jid='${bareOf(step.who)}'/></${name}></iq>`)
      return gained
    }
    case 'access': {
      const there = model.nodes.get(step.node)
      if (there === undefined) return () => []
      there.access = step.access
      alice.send(
        owners('set', `<configure node='${step.node}'>${form('node_config', { access_model: step.access })}</configure>`),
      )
      return gained
    }
    case 'affiliate': {
      const there = model.nodes.get(step.node)
      if (there === undefined) return () => []
      there.affiliations.set(step.who, step.as)
      const entry = `<affiliation jid='${bareOf(step.who)}' affiliation='${step.as}'/>`
      alice.send(owners('set', `<affiliations node='${step.node}'>${entry}</affiliations>`))
      return gained
    }
  }
}

async function play(steps: readonly Step[]): Promise<void> {
  const settings = { 'personal-eventing': { publications: 10_000 } }
  const cast = new Cast(await storyServer('memory', { settings }))
  try {
    for (const who of CONTACTS) {
      await cast.server.contact('alice', who, STANDING[who])
      await cast.server.contact(who, 'alice', MIRROR[STANDING[who]])
    }
    const alice = await wanting(cast, 'alice/1', [])
    const clients = {} as Record<Contact, StoryClient>
    for (const who of CONTACTS) clients[who] = await wanting(cast, `${who}/1`, WANTS[who])
    await cast.forget()
    const stage: Stage = { cast, model: new Model(), alice, clients, count: 0 }
    for (const step of steps) {
      const expected = await take(stage, step)
      await cast.settle()
      alice.take()
      for (const who of CONTACTS) {
        const got = clients[who].take().filter(({ name }) => name === 'message')
        const told = got.map((xml) => /node=['"](\w+)['"].*>(t\d+)</.exec(xml.show())!.slice(1).join(' '))
        const wanted = expected(who).map((name) => `${name} ${stage.model.nodes.get(name)!.newest!}`)
        assert.deepEqual(told.toSorted(), wanted.toSorted(), `${who} after ${JSON.stringify(step)}`)
      }
    }
    assert.deepEqual(cast.server.errors, [])
  } finally {
    await cast.end()
  }
}

test('property: everybody who may and wants to is told once, and nobody else', () =>
  fc.assert(fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 35 }), play), { numRuns: 12 }))
