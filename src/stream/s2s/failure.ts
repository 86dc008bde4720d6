/** Why there is no stream to another server, and the conditions and texts for it. */
import { NoSuchHost } from '../../net/dns.ts'
import { StanzaError, type StanzaCondition } from '../../xmpp/stanza-error.ts'
import type { Outcome } from './dialback/elements.ts'

export type FailureKind =
  /** The domain is unknown, or its server does not serve it. */
  | 'not-found'
  /** Its server does not answer, or breaks the connection. */
  | 'unreachable'
  /** Its server offers no TLS. */
  | 'insecure'
  /** Its server cannot prove its identity. */
  | 'untrusted'
  /** Its server does not accept our proof of identity. */
  | 'disbelieved'
  /** Its server refuses, for another reason. */
  | 'refused'
  /** We refuse to talk to it. */
  | 'unwanted'

export class PeerFailure extends Error {
  readonly kind: FailureKind

  constructor(kind: FailureKind, message: string) {
    super(message)
    this.kind = kind
  }
}

/** Sent to the server of a denied domain. */
export const NOT_YOURS = 'This server does not talk to yours'

/** RFC 6120 10.4.3, and XEP-0220 2.1.1 for stanzas that were waiting. */
const STANZA_CONDITIONS: Readonly<Record<FailureKind, StanzaCondition>> = {
  'not-found': 'remote-server-not-found',
  'unreachable': 'remote-server-timeout',
  'insecure': 'remote-server-timeout',
  'untrusted': 'remote-server-timeout',
  'disbelieved': 'internal-server-error',
  'refused': 'remote-server-timeout',
  'unwanted': 'not-allowed',
}
/** Texts for failures that people can act on or must know of; for the others the condition is enough. */
const TEXTS: Readonly<Partial<Record<FailureKind, string>>> = {
  insecure: 'The other server offers no encryption (TLS), and this one sends nothing without',
  untrusted: 'The other server has no certificate that proves what it is',
  unwanted: 'This server does not connect to that server',
}
export function stanzaErrorOf(kind: FailureKind): StanzaError {
  const text = TEXTS[kind]
  return new StanzaError(STANZA_CONDITIONS[kind], text === undefined ? {} : { text })
}

/**
 * XEP-0220 2.5: conditions for an Initiating Server whose domain we could not ask about. `<remote-connection-failed/>`, which
 * the section also names, is not a stanza error of RFC 6120, and the section allows nothing else in its place.
 */
const DIALBACK_CONDITIONS: Readonly<Record<FailureKind, StanzaCondition>> = {
  'not-found': 'remote-server-not-found',
  'unreachable': 'remote-server-timeout',
  'insecure': 'policy-violation',
  'untrusted': 'not-authorized',
  'disbelieved': 'remote-server-timeout',
  'refused': 'remote-server-timeout',
  'unwanted': 'policy-violation',
}
export const dialbackCondition = (kind: FailureKind): StanzaCondition => DIALBACK_CONDITIONS[kind]

/** XEP-0220 2.5: an error in step 3 is reported in step 4 as an error of the domain's server. */
export const reported = (outcome: Outcome): Outcome =>
  outcome === 'valid' || outcome === 'invalid' || outcome === 'remote-server-timeout' ? outcome : 'remote-server-not-found'

/** The failure for a refusal by dialback. */
export const refusedBy = (outcome: Outcome): PeerFailure =>
  outcome === 'invalid'
    ? new PeerFailure('disbelieved', 'the other server calls our dialback key invalid')
    : new PeerFailure('refused', `the other server refuses dialback: ${outcome}`)

export function failureOf(error: unknown): PeerFailure {
  if (error instanceof PeerFailure) return error
  const message = error instanceof Error ? error.message : String(error)
  return new PeerFailure(error instanceof NoSuchHost ? 'not-found' : 'unreachable', message)
}
