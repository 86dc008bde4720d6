/** Asks an archive (XEP-0313), and says what was found. */
import assert from 'node:assert/strict'
import type { StoryClient } from './story-client.ts'
import type { Xml } from './xml-reader.ts'

export const MAM = 'urn:xmpp:mam:2'

export const form = (fields: string): string => `<x xmlns='jabber:x:data' type='submit'>${fields}</x>`
export const field = (name: string, ...values: readonly string[]): string =>
  `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`
export const page = (inside: string): string => `<set xmlns='http://jabber.org/protocol/rsm'>${inside}</set>`

export interface FoundMessages {
  readonly messages: readonly Xml[]
  /** The bodies, in a row. */
  readonly said: string
  readonly ids: readonly string[]
  readonly stamps: readonly string[]
  readonly count: string | undefined
  /** 'true' if the answer is complete, 'more' if not, or the condition of an error. */
  readonly end: string
}

let queries = 0

/** @param to whose archive; the asker's own otherwise. Nothing else may come before the end of the answer. */
export async function ask(who: StoryClient, inside = '', to?: string): Promise<FoundMessages> {
  const id = `query${(queries += 1)}`
  who.send(
    `<iq type='set' id='${id}'${to === undefined ? '' : ` to='${to}'`}><query xmlns='${MAM}' queryid='${id}'>${inside}</query></iq>`,
  )
  const results: Xml[] = []
  for (;;) {
    const xml = await who.next(`the answer to the query ${inside}`)
    if (xml.name === 'iq' && xml.attr('id') === id) return foundIn(results, xml)
    const result = xml.child('result')
    assert(result?.ns === MAM && result.attr('queryid') === id, `came before the end of the answer: ${xml.show()}`)
    results.push(result)
  }
}
function foundIn(results: readonly Xml[], iq: Xml): FoundMessages {
  const messages = results.map((result) => result.child('forwarded')!.child('message')!)
  const fin = iq.child('fin')
  const ids = results.map((result) => result.attr('id')!)
  return {
    messages,
    ids,
    said: messages.map((message) => message.child('body')?.text ?? message.elements[0]?.name ?? '').join(''),
    stamps: results.map((result) => result.child('forwarded')!.child('delay')!.attr('stamp')!),
    count: fin?.child('set')?.child('count')?.text,
    end: fin === undefined ? iq.child('error')!.elements[0]!.name : (fin.attr('complete') ?? 'more'),
  }
}

/** The id that a message has in the archive of its receiver; undefined if it has none. */
export const idIn = (message: Xml): string | undefined => message.child('stanza-id')?.attr('id')
