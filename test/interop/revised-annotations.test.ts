/** The revision of XEP-0310 (docs/xep-0310/) with a client of others, and its schema with xmllint. */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { checkAnnotations, examples, schemaText } from '../support/psa-schema.ts'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { parseXml, type Xml } from '../support/xml-reader.ts'
import { PYTHON, slixmppMissing, xmllintMissing } from './programs.ts'

const PASSWORD = 'sesame open'
const [ALICE, BOB] = [`alice@${DOMAIN}`, `bob@${DOMAIN}`]

/** The only part of http://www.w3.org/2001/xml.xsd that the schema needs: nothing is fetched. */
const LANG = `<xs:schema targetNamespace='http://www.w3.org/XML/1998/namespace' xmlns:xs='http://www.w3.org/2001/XMLSchema'>
  <xs:attribute name='lang' type='xs:language'/></xs:schema>`

/** Judges annotations by the schema as it would be published. */
function schemaIn(t: TestContext): (annotation: string) => boolean {
  const directory = mkdtempSync(join(tmpdir(), 'porchlight-schema-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const [xsd, lang, file] = ['psa.xsd', 'xml.xsd', 'annotation.xml'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(lang, LANG)
  writeFileSync(xsd, schemaText.replace('http://www.w3.org/2001/xml.xsd', lang))
  return (annotation) => {
    writeFileSync(file, annotation)
    const { status, stderr } = spawnSync('xmllint', ['--noout', '--nonet', '--schema', xsd, file], { encoding: 'utf8' })
    assert(status === 0 || status === 3, stderr) // 3: it is not valid
    return status === 0
  }
}
const annotationsIn = (stanza: Xml): readonly string[] =>
  stanza.elements.filter((e) => e.name === 'state-annotation').map((e) => e.show())

test('xmllint accepts the examples, and refuses what the schema does not have', { skip: xmllintMissing() }, (t) => {
  const isValid = schemaIn(t)
  const all = examples.flatMap((example) => annotationsIn(parseXml(example.trim())[0]!))
  assert.equal(all.length, 8)
  for (const one of all) assert(isValid(one), one)
  for (const wrong of [all[0]!.replace('from=', 'by='), all[0]!.replaceAll('server-unavailable', 'gone')])
    assert(!isValid(wrong), wrong)
})

test(
  'PSA-40: slixmpp is told of a pause and its end as the schema has it',
  { skip: slixmppMissing() || xmllintMissing() },
  async (t) => {
    const server = await startServer(t, { 'presence-annotations': { 'pause-grace': '0 s' } })
    for (const jid of [ALICE, BOB]) await server.addUser(jid, PASSWORD)
    const script = join(import.meta.dirname, 'slixmpp', 'revised.py')
    const args = [script, ALICE, BOB, PASSWORD, String(server.port), server.certificateFile, DOMAIN]
    const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 160_000 })
    const stanzas = (JSON.parse(stdout) as readonly string[]).map((text) => parseXml(text)[0]!)
    assert.deepEqual(
      stanzas.map((stanza) => stanza.child('state-annotation')!.elements.map((e) => e.name)),
      [['connection-paused', 'description'], []],
    )
    const isValid = schemaIn(t)
    for (const stanza of stanzas) {
      assert.equal(checkAnnotations(stanza), 1)
      assert.equal(stanza.child('status')?.text, 'here')
      for (const one of annotationsIn(stanza)) assert(isValid(one), one)
    }
  },
)
