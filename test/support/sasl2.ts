/** A client that speaks XEP-0388, on a connection on which the mechanisms have been offered. */
import assert from 'node:assert/strict'
import type { ScramHash } from '../../src/xmpp/credentials.ts'
import { ScramClient } from './sasl.ts'
import { base64, STREAM, type WireClient } from './wire-client.ts'
import type { Xml } from './xml-reader.ts'

export const SASL2 = 'urn:xmpp:sasl:2'
export const BIND2 = 'urn:xmpp:bind:0'

export interface Sasl2Options {
  readonly hash?: ScramHash
  /** The id of the user agent. */
  readonly device?: string
  /** What is asked for along with the authentication. */
  readonly inline?: string
}

export const authenticate = (mechanism: string, initial: string | Buffer, { device, inline = '' }: Sasl2Options = {}): string =>
  `<authenticate xmlns='${SASL2}' mechanism='${mechanism}'>` +
  `<initial-response>${Buffer.from(initial).toString('base64')}</initial-response>` +
  `${device === undefined ? '' : `<user-agent id='${device}'><software>Story</software></user-agent>`}${inline}</authenticate>`

/** Success or failure, by SCRAM. */
export async function logIn(wire: WireClient, user: string, password: string, options: Sasl2Options = {}): Promise<Xml> {
  const { hash = 'sha-256' } = options
  const scram = new ScramClient(hash, password, { username: user })
  wire.write(authenticate(`SCRAM-${hash.toUpperCase()}`, scram.first, options))
  const challenge = await wire.element('a challenge')
  if (challenge.name !== 'challenge') return challenge
  assert.equal(challenge.ns, SASL2)
  const final = scram.final(Buffer.from(challenge.text, 'base64').toString())
  wire.write(`<response xmlns='${SASL2}'>${base64(final)}</response>`)
  const outcome = await wire.element('success or failure')
  if (outcome.name === 'success')
    assert.equal(Buffer.from(outcome.child('additional-data')!.text, 'base64').toString(), scram.serverSignature)
  return outcome
}

/** Who the client is after a success. */
export const identifierOf = (success: Xml): string => success.child('authorization-identifier')!.text

/** The features that come right behind a success, without a new stream. */
export const featuresAfter = (wire: WireClient): Promise<Xml> => wire.expect(`<features xmlns='${STREAM}'>*</features>`)

/** What stands in a success beside what always does. */
export const toldIn = (success: Xml): readonly string[] =>
  success.elements.filter((e) => e.ns !== SASL2).map((e) => e.show(SASL2))
