import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '../xml/element.ts'
import { parseElement } from '../xml/parse.ts'
import { wire } from '../xml/wire.ts'
import { serialise } from '../xml/write.ts'
import { answeredForm, booleanOf, DATA_FORM, dataForm, valuesOf } from './data-form.ts'

const read = (text: string) => parseElement(wire(text))

test('FORM-1, FORM-2: a form has a field for each question, and an option one value', () => {
  const form = dataForm({
    type: 'form',
    formType: 'urn:example',
    title: 'Colour',
    fields: [
      {
        name: 'colour',
        type: 'list-single',
        label: 'Which',
        values: ['r'],
        options: [['r', 'Red']],
        isOpen: true,
        isRequired: true,
      },
      { name: 'names', type: 'text-multi', values: ['a', 'b'] },
    ],
  })
  assert.equal(
    serialise(form),
    "<x xmlns='jabber:x:data' type='form'><title>Colour</title>" +
      "<field var='FORM_TYPE' type='hidden'><value>urn:example</value></field>" +
      "<field var='colour' type='list-single' label='Which'><required/>" +
      "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'><open/></validate>" +
      "<value>r</value><option label='Red'><value>r</value></option></field>" +
      "<field var='names' type='text-multi'><value>a</value><value>b</value></field></x>",
  )
})

test('FORM-1: what was filled in, with all values of a field; of two fields with one name the first counts', () => {
  const values = valuesOf(
    read(
      `<x xmlns='jabber:x:data' type='submit'><title>x</title><field var='a'><value>1</value><value>2</value></field>` +
        `<field var='a'><value>3</value></field><field><value>4</value></field><field var='b'/></x>`,
    ),
  )
  assert.deepEqual(
    [...values],
    [
      ['a', ['1', '2']],
      ['b', []],
    ],
  )
})

test('FORM-1: an answer is filled in or cancelled; a form that asks is no answer', () => {
  for (const type of ['submit', 'cancel'])
    assert.equal(answeredForm(el('q', 'u', {}, el('x', DATA_FORM, { type })))?.attr('type'), type)
  for (const type of ['form', 'result']) assert.equal(answeredForm(el('q', 'u', {}, el('x', DATA_FORM, { type }))), undefined)
})

test('FORM-2: booleans have two spellings', () => {
  assert.deepEqual(['1', 'true', '0', 'false', 'yes', ''].map(booleanOf), [true, true, false, false, null, null])
})
