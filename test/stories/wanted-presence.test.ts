/** Presence for an account that has no session reaches whoever wants it, and is no work for accounts that nobody asks about. */
import assert from 'node:assert/strict'
import { jid } from '../../src/xmpp/jid.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { PresenceObserver } from '../support/presence-observer.ts'
import { gone, here } from '../support/stanzas.ts'
import { bareOf, story, type Cast, type Setting } from '../support/story.ts'

const ROMEO = bareOf('romeo')
const JULIET = 'juliet@b.example'
const ORCHARD = `${JULIET}/orchard`
const AWAY = '<show>away</show>'

function setting(observer: PresenceObserver, more: Setting = {}): Setting {
  return { on: ['memory'], beside: [observer.feature], ...more }
}
const from = (jid: string, content: string, type = ''): string =>
  `<presence from='${jid}' to='${ROMEO}'${type === '' ? '' : ` type='${type}'`}>${content}</presence>`
const isInMemory = ({ server }: Cast, bare: string): boolean => server.host.accounts.get(bare) !== undefined

const across = new PresenceObserver()
story(
  'an account without a session: a contact elsewhere is probed, its answer and all that follows is told',
  setting(across),
  async (cast) => {
    await cast.rosters(['romeo', JULIET, 'both'])
    const b = new Elsewhere(cast)
    await across.look(ROMEO)
    await b.expect(`<presence from='${ROMEO}' to='${JULIET}' type='probe'/>`)
    await b.send(from(ORCHARD, ''), from(ORCHARD, AWAY), from(ORCHARD, AWAY), from(`${JULIET}/phone`, AWAY))
    assert.deepEqual(across.view(ROMEO), { [ORCHARD]: 'away', [`${JULIET}/phone`]: 'away' })
    await b.send(from(ORCHARD, '', 'unavailable'), from(JULIET, '', 'unavailable'))
    assert.deepEqual(across.view(ROMEO), {})
    assert.deepEqual(across.told, [
      `${ORCHARD}: available`,
      `${ORCHARD}: presence`,
      `${ORCHARD}: nothing`,
      `${JULIET}/phone: available`,
      `${ORCHARD}: gone`,
      `${JULIET}/phone: gone`,
    ])
    await b.send(from('stranger@b.example/1', ''))
    assert.deepEqual(across.view(ROMEO), {}, 'a stranger is nobody whom the account looks at')
  },
)

const local = new PresenceObserver()
story(
  'an account without a session: a contact here is known from its account, and comes and goes',
  setting(local),
  async (cast) => {
    await cast.befriend('romeo', 'benvolio')
    await cast.befriend('romeo', 'mercutio')
    const benvolio = await cast.client('benvolio', '1')
    await cast.forget()
    await local.look(ROMEO)
    await cast.settle()
    assert.deepEqual(local.told.splice(0).toSorted(), [`${benvolio.jid}: available`, `${bareOf('mercutio')}: gone`])
    assert.deepEqual(local.view(ROMEO), { [benvolio.jid]: 'online' })
    benvolio.send(`<presence>${AWAY}</presence>`)
    await benvolio.expect(here(benvolio.jid, AWAY))
    assert.deepEqual(local.view(ROMEO), { [benvolio.jid]: 'away' })
    const mercutio = await cast.client('mercutio', '1')
    await cast.forget()
    assert.deepEqual(local.view(ROMEO), { [benvolio.jid]: 'away', [mercutio.jid]: 'online' })
    await benvolio.close()
    await cast.settle()
    assert.deepEqual(local.view(ROMEO), { [mercutio.jid]: 'online' })
    assert.deepEqual(local.told, [`${benvolio.jid}: presence`, `${mercutio.jid}: available`, `${benvolio.jid}: gone`])
  },
)

const blocking = new PresenceObserver()
story(
  'an account without a session: whom it has blocked it hears nothing of, nor who may not be seen',
  setting(blocking),
  async (cast) => {
    await cast.rosters(['romeo', JULIET, 'both'], ['tybalt', 'romeo', 'none'])
    const b = new Elsewhere(cast)
    const romeo = await cast.client('romeo', '1')
    romeo.send(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${JULIET}'/></block></iq>`)
    await cast.settle()
    await cast.forget()
    await romeo.close()
    await cast.client('tybalt', '1')
    await cast.forget()
    await blocking.look(ROMEO)
    await b.send(from(ORCHARD, AWAY))
    assert.deepEqual([blocking.told, blocking.view(ROMEO)], [[], {}])
  },
)

const returning = new PresenceObserver()
story(
  'an account without a session: when it has one its client is shown all, and afterwards all is heard as before',
  setting(returning),
  async (cast) => {
    await cast.rosters(['romeo', JULIET, 'both'])
    await cast.befriend('romeo', 'benvolio')
    const b = new Elsewhere(cast)
    const benvolio = await cast.client('benvolio', '1')
    await cast.forget()
    await returning.look(ROMEO)
    await b.send(from(ORCHARD, AWAY))
    await b.take()
    const { accounts, heard } = cast.server.host
    assert.ok(accounts.get(ROMEO)!.besideOctets > ORCHARD.length, 'what it remembers counts')
    const romeo = await cast.client('romeo', '1', { presence: null })
    romeo.send('<presence/>')
    await romeo.expect(here(romeo.jid), here(benvolio.jid))
    await b.send(from(ORCHARD, AWAY))
    await romeo.expect(here(ORCHARD, AWAY))
    const account = accounts.get(ROMEO)!
    const available = (contact: string): string[] => Array.from(heard.available(account, jid(contact)), (one) => one.jid.full)
    assert.deepEqual(
      Array.from(heard.all(account), (one) => one.jid.full),
      [ORCHARD],
    )
    assert.deepEqual([available(JULIET), available(benvolio.bare)], [[ORCHARD], [benvolio.jid]])
    await benvolio.expect(here(romeo.jid))
    await romeo.close()
    await benvolio.expect(gone(romeo.jid))
    returning.told.length = 0
    await b.send(from(ORCHARD, ''))
    benvolio.send(`<presence>${AWAY}</presence>`)
    await benvolio.expect(here(benvolio.jid, AWAY))
    assert.deepEqual(returning.told, [`${ORCHARD}: presence`, `${benvolio.jid}: available`])
    returning.lookAway(ROMEO)
    const again = await cast.client('romeo', '1')
    await cast.forget()
    await again.close()
    await benvolio.expect(gone(romeo.jid))
    assert.equal(account.besideOctets, 0, 'nothing is remembered for nobody')
  },
)

const forgetful = new PresenceObserver()
const noIdle: Setting = { limits: { 'idle-accounts': 0 } }
story(
  'an account that memory had no room for is read again, and what goes is told all the same',
  setting(forgetful, noIdle),
  async (cast) => {
    await cast.rosters(['romeo', JULIET, 'both'])
    const b = new Elsewhere(cast)
    await forgetful.look(ROMEO)
    await b.send(from(ORCHARD, AWAY))
    assert.equal(isInMemory(cast, ROMEO), false)
    await b.send(from(ORCHARD, '', 'unavailable'))
    assert.deepEqual(forgetful.told, [`${ORCHARD}: available`, `${ORCHARD}: gone`])
    assert.deepEqual(forgetful.view(ROMEO), {})
  },
)

const indifferent = new PresenceObserver()
story(
  'an account that nobody looks for, or looks for no more, is not read for the presence of its contacts',
  setting(indifferent, noIdle),
  async (cast) => {
    await cast.rosters(['romeo', JULIET, 'both'])
    const read: string[] = []
    cast.server.host.alsoLoad(async (bare) => {
      read.push(bare)
      return () => {}
    })
    const b = new Elsewhere(cast)
    await b.send(from(ORCHARD, ''))
    assert.deepEqual(read, [])
    await indifferent.look(ROMEO)
    await b.send(from(ORCHARD, AWAY))
    assert.deepEqual(read, [ROMEO, ROMEO])
    indifferent.lookAway(ROMEO)
    await b.send(from(ORCHARD, ''))
    assert.deepEqual([read.length, indifferent.view(ROMEO)], [2, {}])
  },
)
