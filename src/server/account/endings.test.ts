/** Endings keep their meaning on a wire. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '../../xml/element.ts'
import { serialise } from '../../xml/write.ts'
import { STREAM, STREAM_ERRORS } from '../../xmpp/ns.ts'
import * as endings from './endings.ts'
import {
  accountDisabled,
  endingFromJson,
  endingToJson,
  errorOf,
  kicked,
  violation,
  type Ending,
  type EndingJson,
} from './endings.ts'

const overAWire = (ending: Ending): Ending => endingFromJson(JSON.parse(JSON.stringify(endingToJson(ending))) as EndingJson)
const constants = Object.values(endings).filter((one): one is Ending => typeof one === 'object' && 'resumable' in one)

test('Every ending that is a constant is itself again behind a wire', () => {
  assert(constants.length > 8)
  for (const ending of constants) assert.equal(overAWire(ending), ending, ending.name)
  assert.equal(new Set(constants.map(({ name }) => name)).size, constants.length, 'no two share a name')
})

test('An ending with words or with an element of its own keeps them', () => {
  const disabled = accountDisabled({ at: 5, reason: 'unpaid' })
  for (const ending of [kicked('see you'), kicked(''), disabled, violation('conflict'), violation('not-authorized', 'Not you')])
    assert.deepEqual(overAWire(ending), ending)
  const specific = el('handled-count-too-high', 'urn:xmpp:sm:3', { 'h': '10', 'send-count': '8' })
  const back = overAWire(violation('undefined-condition', 'You have got what was never sent', specific))
  assert.equal(
    serialise(errorOf(back)!.toElement(), STREAM),
    serialise(errorOf(violation('undefined-condition', 'You have got what was never sent', specific))!.toElement(), STREAM),
  )
  assert.equal(back.specific?.ns === STREAM_ERRORS, false)
})

test('A name that no ending has is refused', () => {
  assert.throws(() => endingFromJson(['on-a-whim', null, null]), /on-a-whim/)
})
