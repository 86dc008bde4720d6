/** What a client asks for in a request for a slot (XEP-0363 4 and 5). Pure. */
import type { Millis } from '../../base/clock.ts'
import type { Announced } from '../../files/files.ts'
import type { Element } from '../../xml/element.ts'
import { parseDateTime } from '../../xmpp/datetime.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { mediaType, safeName } from './names.ts'

export const UPLOAD = 'urn:xmpp:http:upload:0'
const PURPOSE = 'urn:xmpp:http:upload:purpose:0'
/** The features that announce the purposes. */
export const PURPOSES: readonly string[] = ['message', 'profile', 'ephemeral'].map((purpose) => `${PURPOSE}#${purpose}`)

const NAME_OCTETS_MAX = 1023
const SIZE = /^[1-9]\d{0,14}$/

/** @throws StanzaError bad-request */
export function readRequest(request: Element, owner: string, now: Millis): Announced {
  const given = request.attr('filename') ?? ''
  if (given === '' || Buffer.byteLength(given) > NAME_OCTETS_MAX) throw wrong('This cannot be the name of a file')
  const size = request.attr('size') ?? ''
  if (!SIZE.test(size)) throw wrong('This cannot be the size of a file')
  const type = mediaTypeOf(request.attr('content-type'))
  return { owner, name: safeName(given), type, size: Number(size), ...purposeOf(request, now) }
}

function mediaTypeOf(given: string | undefined): string {
  if (given === undefined || given === '') return ''
  const type = mediaType(given)
  if (type === null) throw wrong('This cannot be the type of a file')
  return type
}

/** An unknown purpose is that of a message: "If no purpose is specified" (5). */
function purposeOf(request: Element, now: Millis): Pick<Announced, 'purpose' | 'keepUntil'> {
  if (request.child('profile', PURPOSE) !== undefined) return { purpose: 'profile', keepUntil: null }
  const ephemeral = request.child('ephemeral', PURPOSE)
  if (ephemeral === undefined) return { purpose: 'message', keepUntil: null }
  const keepUntil = parseDateTime(ephemeral.attr('expire-before') ?? '')
  if (keepUntil === null || keepUntil <= now) throw wrong('This cannot be the end of a file')
  return { purpose: 'message', keepUntil }
}

const wrong = (text: string): StanzaError => new StanzaError('bad-request', { text })
