/** Errors in received XML, with the stream error that answers each (RFC 6120 4.9.3 and 11). */

/**
 * not-well-formed: breaks XML 1.0 or Namespaces in XML (11.3). restricted-xml: a comment, processing
 * instruction, DTD or entity reference (11.1). unsupported-encoding: not UTF-8 (11.6).
 * policy-violation: a limit of ours (13.12). bad-format: XML that means nothing in a stream (4.9.3.1).
 */
export type XmlCondition = 'not-well-formed' | 'restricted-xml' | 'unsupported-encoding' | 'policy-violation' | 'bad-format'

export class XmlError extends Error {
  readonly condition: XmlCondition

  constructor(condition: XmlCondition, message: string) {
    super(message)
    this.condition = condition
  }
}

export const malformed = (what: string): never => {
  throw new XmlError('not-well-formed', what)
}
export const restricted = (what: string): never => {
  throw new XmlError('restricted-xml', what)
}
export const tooMuch = (what: string): never => {
  throw new XmlError('policy-violation', what)
}
