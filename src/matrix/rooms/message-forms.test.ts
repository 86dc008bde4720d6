/** Styled texts of XMPP as HTML, and the HTML of Matrix as styled text. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assertGrowsAlong } from '../../../test/support/growth.ts'
import { textOfHtml } from './message-html.ts'
import { htmlOf } from './message-styling.ts'

test('MXR-62, XEP-0393: styled text becomes HTML', () => {
  for (const [text, html] of [
    ['plain *text', null],
    ['a * b * c', null],
    ['*strong* and _it_', '<strong>strong</strong> and <em>it</em>'],
    ['*a _b_ c*', '<strong>a <em>b</em> c</strong>'],
    ['~no~ `<code>`', '<del>no</del> <code>&lt;code&gt;</code>'],
    ['2*3*4', null],
    ['**', null],
    ['> quoted\n> > twice\nsaid', '<blockquote>quoted<blockquote>twice</blockquote></blockquote>said'],
    ['x\n*y*\nz', 'x<br><strong>y</strong><br>z'],
    ['```js\nif (a < b)\n```\nend', '<pre><code>if (a &lt; b)\n</code></pre>end'],
    ['<b>*x*</b>', null],
    ['<b> *x* </b>', '&lt;b&gt; <strong>x</strong> &lt;/b&gt;'],
  ] as const)
    assert.equal(htmlOf(text), html, text)
})

test('MXR-62: HTML becomes styled text', () => {
  for (const [html, text] of [
    ['hi <b>x</b> &amp; <em>y</em>', 'hi *x* & _y_'],
    ['<p>one</p><p>two</p>', 'one\n\ntwo'],
    ['a<br/>b', 'a\nb'],
    ['<ul>\n<li>one</li>\n<li>two</li>\n</ul>', '• one\n• two'],
    ['<ol><li>one</li><li>two</li></ol>', '1. one\n2. two'],
    ['<pre><code class="x">a\n  b\n</code></pre>', '```\na\n  b\n```'],
    ['<blockquote>said<br>so</blockquote>no', '> said\n> so\nno'],
    ['<a href="https://x.example/">here</a>', 'here <https://x.example/>'],
    ['<a href="https://x.example">https://x.example</a>', 'https://x.example'],
    ['<a href="https://matrix.to/#/@gus:a.example">Gus</a>: hi', 'Gus: hi'],
    ['<mx-reply><blockquote>old</blockquote></mx-reply>new', 'new'],
    ['<img src="mxc://x/y" alt="a cat">', 'a cat'],
    ['<script>x</script>ok < 3', 'ok < 3'],
    ['<b>open', '*open*'],
    ['</b>x</i>', 'x'],
    ['a<b> x </b>y', 'a *x* y'],
  ] as const)
    assert.equal(textOfHtml(html), text, html)
})

test('MXR-62: any text is read', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', '/', 'b', '*', '_', '`', '~', ' ', '\n', '"', '&', 'p', 'li', 'a href=') }),
      (text) => {
        assert.equal(typeof textOfHtml(text), 'string')
        const html = htmlOf(text)
        if (html !== null) assert.ok(!/<(?!\/?(?:strong|em|del|code|pre|blockquote|br)>)/.test(html), html)
      },
    ),
  )
})

const DEEP = 97
const WORST: readonly (readonly [name: string, text: (n: number) => string])[] = [
  ...['<', '<b>', '</b>', '*a ', '<a "', '<a "<a\' ', '<a \'">', '> ', '`', '&#', '<blockquote>', '_*~', '<p>x</p>', '<li>'].map(
    (part) => [part, (n: number) => part.repeat(n / part.length)] as const,
  ),
  ['many attributes', (n) => `<img ${'alt '.repeat(n / 4)}>`],
  ['white space in attributes', (n) => `<img alt${' '.repeat(n)}>`],
  ['line breaks in blocks', (n) => `${'<div>'.repeat(DEEP)}${'<br>'.repeat(n / 4)}x`],
  ['line breaks in marks', (n) => `${'<b>'.repeat(DEEP)}x${'<br>'.repeat(n / 4)}x`],
  ['line breaks in quotes', (n) => `${'<blockquote>'.repeat(DEEP)}x${'<br>'.repeat(n / 4)}x`],
  ['spaces that stay', (n) => `${'<b>'.repeat(DEEP)}x${'\u00a0'.repeat(n)}y`],
]
test('MXR-62: the work to read a text grows as the text does, whatever stands in it', () => {
  for (const [name, text] of WORST)
    for (const read of [textOfHtml, htmlOf]) assertGrowsAlong(`${read.name} ${name}`, read, text(4000), text(64_000))
})

test('MXR-62: what seems to be a tag and is none is text, and a tag behind it is one', () => {
  for (const [html, text] of [
    ['a pipe of <a 5" <b>x</b>', 'a pipe of <a 5" *x*'],
    ['<img alt="a > b">', 'a > b'],
    ['<img title="x alt=y" alt=\'"\'>', '"'],
    ['1 < 2 <b>x</b> <', '1 < 2 *x* <'],
    ['<b <i>x</i>', '<b _x_'],
  ] as const)
    assert.equal(textOfHtml(html), text, html)
})

test('MXR-62: quotes in quotes do not make a text many times as long', () => {
  const html = `${'<blockquote>'.repeat(DEEP)}${'x<br>'.repeat(1000)}`
  assert.ok(textOfHtml(html).length < 20 * 1000)
  assert.equal(textOfHtml('<blockquote>a<blockquote>b</blockquote></blockquote>c'), '> a\n> > b\nc')
})
