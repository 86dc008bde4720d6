/** RFC 6121 4.7.2.3: the priority read from the text is the one that the parser reads, or the text is left to the parser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { children } from '../xml/parse.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { wire, type Wire } from '../xml/wire.ts'
import { byteOf, priorityIn } from './priority.ts'

/** Undefined: there are several, or it has no valid value. */
function parsed(text: Wire): number | undefined {
  const given = children(text, CLIENT).filter((e) => e.is('priority', CLIENT))
  if (given.length === 0) return 0
  return given.length === 1 ? (byteOf(given[0]!.text) ?? undefined) : undefined
}

const attribute = fc.constantFrom(
  '',
  '',
  ` xmlns='urn:x'`,
  ` xmlns='${CLIENT}'`,
  ` a='1 > 0'`,
  ` a="it's>"`,
  `\n b = '/>'`,
  ` xmlns:p='${CLIENT}'`,
)
const name = fc.constantFrom('priority', 'priority', 'status', 'show', 'c', 'priority-x', 'p:priority', 'priorities')
const value = fc.constantFrom(
  '5',
  '-1',
  ' 7\n',
  '+12',
  '127',
  '128',
  '-129',
  '',
  'x',
  '1 2',
  '&#53;',
  '\u00c2\u00a05',
  '<![CDATA[3]]>',
)
const { content } = fc.letrec<{ content: string; element: string }>((tie) => ({
  content: fc.oneof(
    { maxDepth: 3 },
    value,
    fc.array(tie('element'), { maxLength: 3 }).map((all) => all.join('')),
  ),
  element: fc
    .tuple(name, attribute, fc.option(tie('content')), fc.constantFrom('', ' '))
    .map(([name, attributes, content, space]) => {
      const declared = name.startsWith('p:') ? ` xmlns:p='${CLIENT}'` : ''
      const own = attributes.includes('xmlns:p') && declared !== '' ? '' : attributes
      if (content === null) return `<${name}${declared}${own}${space}/>`
      return `<${name}${declared}${own}${space}>${content}</${name}${space}>`
    }),
}))
const text = fc.array(fc.oneof(content, fc.constantFrom(' ', '\n')), { maxLength: 3 }).map((all) => all.join(''))

test('what the text tells is what the parser finds, whatever stands beside it', () => {
  fc.assert(
    fc.property(text, (text) => {
      const read = priorityIn(wire(text))
      if (read !== null) assert.equal(read, parsed(wire(text)))
    }),
    { numRuns: 3000 },
  )
})

for (const [text, priority] of [
  ['<priority>5</priority>', 5],
  ['<show>away</show><status>a &lt; b</status><priority>-1</priority>', -1],
  [`<c xmlns='urn:caps' ver='a/b>='/><priority> 7 </priority><x a="'"><priority>9</priority></x>`, 7],
  ['<show>away</show>', 0],
  ['', 0],
] as const)
  test(`it is read without the parser: ${text}`, () => assert.equal(priorityIn(wire(text)), priority))

for (const text of [
  '<priority/>',
  '<priority>128</priority>',
  '<priority>1</priority><priority>1</priority>',
  `<priority xmlns='urn:x'>1</priority>`,
  `<p:priority xmlns:p='${CLIENT}'>1</p:priority>`,
  '<priority><![CDATA[1]]></priority>',
  '<priority>&#49;</priority>',
])
  test(`it is left to the parser: ${text}`, () => assert.equal(priorityIn(wire(text)), null))
