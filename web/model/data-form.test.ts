import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answersIn, optionsOf, shownFields, type FieldKind, type Form, type FormField } from './data-form.ts'

const field = (name: string, kind: FieldKind, values: readonly string[], more: Partial<FormField> = {}): FormField => ({
  ...{ name, kind, label: name, description: null, values, options: [], isRequired: false },
  ...more,
})
const form = (...fields: FormField[]): Form => ({ type: null, instructions: null, fields })

test('FORM-1: only what was changed is answered, and what must be filled in', () => {
  const asked = form(
    field('name', 'line', ['Den']),
    field('open', 'flag', ['true']),
    field('public', 'flag', []),
    field('roles', 'several', ['visitor', 'moderator']),
    field('owner', 'line', ['romeo@localhost'], { isRequired: true }),
    field('note', 'words', ['Read this']),
    field('elsewhere', 'line', ['as it is']),
  )
  const given = new Map([
    ['name', ['Den']],
    ['open', ['1']],
    ['public', ['1']],
    ['roles', ['visitor']],
    ['owner', ['romeo@localhost']],
    ['note', ['changed']],
  ])
  assert.deepEqual(answersIn(asked, given), [
    { name: 'public', values: ['1'] },
    { name: 'roles', values: ['visitor'] },
    { name: 'owner', values: ['romeo@localhost'] },
  ])
})

test('a field under two names is shown once; a value that is not offered can be kept', () => {
  const twins = form(field('a', 'line', ['20'], { label: 'History' }), field('b', 'line', ['20'], { label: 'History' }))
  assert.deepEqual(
    shownFields(twins).map(({ name }) => name),
    ['a'],
  )
  const most = field('most', 'one', ['30'], { options: [{ value: '10', label: 'ten' }] })
  assert.deepEqual(
    optionsOf(most).map(({ value }) => value),
    ['30', '10'],
  )
})
