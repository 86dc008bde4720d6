/**
 * What presence of Matrix users costs without HTTP: people in one room, each with a device and a request that waits. Each changes
 * once within a minute; all others ask for news when they are woken, and those who ask come back at once.
 * `node bench/micro/matrix-presence.ts`
 */
import { memoryServer } from '../../test/support/memory-server.ts'
import { Paces } from '../../src/matrix/http/paces.ts'
import { openPresence, type MatrixPresence } from '../../src/matrix/presence/index.ts'
import { matrixSettings } from '../../src/matrix/settings.ts'
import { Wakes } from '../../src/matrix/sync/wakes.ts'
import { defineFeature } from '../../src/server/feature.ts'
import { clientStateIndication } from '../../src/xep/0352-client-state-indication/index.ts'
import { jid, type Jid } from '../../src/xmpp/jid.ts'

const PEOPLE = Number(process.argv[2] ?? 1000)
const MINUTE_MS = 60_000
const STEP_MS = 10

let presence: MatrixPresence | null = null
const wakes = new Wakes()
const face = defineFeature({
  name: 'matrix',
  specs: [],
  settings: matrixSettings,
  async install(host, settings) {
    const ids = { domains: host.domains, ghostDomain: host.domains[0]! }
    presence = await openPresence({
      host,
      settings,
      ids,
      paces: new Paces(settings, host.clock),
      devices: { watchers: [] },
      wakes,
    })
  },
})
const server = await memoryServer({ features: [clientStateIndication, face], limits: { 'idle-accounts': 100_000 } })
const people: Jid[] = Array.from({ length: PEOPLE }, (_, i) => jid(`user${i}@example.net`))
const names = people.map(({ bare }) => bare)
presence!.matesBy({ share: () => true, of: () => names, ready: () => Promise.resolve() })

class Person {
  readonly jid: Jid
  position: number | null = null
  events = 0
  answers = 0
  isWoken = false

  constructor(person: Jid) {
    this.jid = person
    wakes.on(person.bare, () => (this.isWoken = true))
  }
  async ask(): Promise<void> {
    this.isWoken = false
    const applied = server.host.stores.archive.nextStream()
    const events = await presence!.since(this.jid, this.position, applied, [])
    if (events.length > 0) this.answers += 1
    this.events += events.length
    this.position = applied
  }
}

for (const { bare } of people) await server.account(bare)
const all = people.map((one) => new Person(one))
for (const one of all) {
  await presence!.asked(one.jid, 'D', 'online')
  await one.ask()
}
for (const one of all) await one.ask()
await server.advance(2000)
for (const one of all) {
  await one.ask()
  one.events = one.answers = 0
}

const begun = process.cpuUsage()
const before = performance.now()
const order = all.map((one, i) => ({ one, at: Math.floor((i * MINUTE_MS) / PEOPLE) }))
for (let at = 0, next = 0; at <= MINUTE_MS + 2000; at += STEP_MS) {
  for (; next < order.length && order[next]!.at <= at; next += 1) await presence!.asked(order[next]!.one.jid, 'D', 'unavailable')
  for (const one of all) if (one.isWoken) await one.ask()
  server.clock.advance(STEP_MS)
}
const { user, system } = process.cpuUsage(begun)
const sum = (of: 'events' | 'answers'): number => all.reduce((n, one) => n + one[of], 0)
const cpuMs = (user + system) / 1000
console.log(`${PEOPLE} people in one room, one change of each within a minute`)
console.log(`  ${sum('events')} events in ${sum('answers')} answers`)
console.log(
  `  ${cpuMs.toFixed(0)} ms of CPU, ${((1000 * cpuMs) / sum('events')).toFixed(1)} us for each event, ${(performance.now() - before).toFixed(0)} ms in all`,
)
console.log(`  ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`)
