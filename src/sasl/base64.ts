/**
 * Base64 as SASL elements carry it (RFC 6120 6.3.5 rule 2, 6.4.2, 13.9.1). Strict: anything but the canonical encoding of the
 * octets (foreign characters, white space, misplaced or missing padding, padding bits that are not zero) is refused,
 * never skipped.
 */

const NOTHING = Buffer.alloc(0)

/** The octets; none for '=' alone and for ''. Null means the failure 'incorrect-encoding'. */
export function decodeBase64(text: string): Buffer | null {
  if (text === '=') return NOTHING
  const data = Buffer.from(text, 'base64')
  return data.toString('base64') === text ? data : null
}

/** As character data of a SASL element: '=' if the data is present but empty (6.4.2, 6.4.6). */
export const encodeBase64 = (data: Buffer): string => (data.length === 0 ? '=' : data.toString('base64'))
