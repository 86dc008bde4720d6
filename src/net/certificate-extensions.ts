/** The extensions of an X.509 certificate (RFC 5280 4.2), read from its DER. */
import { BOOLEAN, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, sequence, tagged, values } from './der.ts'

export interface Extension {
  /** In the form that `oid` makes. */
  readonly id: Buffer
  readonly isCritical: boolean
  readonly value: Buffer
}

/** TBSCertificate's extensions are `[3] EXPLICIT` (RFC 5280 4.1). */
const EXTENSIONS = tagged(3)

/** @param raw the certificate's DER @returns null if it is not plain DER, or has an extension twice (RFC 5280 4.2) */
export function extensionsOf(raw: Buffer): readonly Extension[] | null {
  const tbs = sequence(raw)?.[0]
  if (tbs?.tag !== SEQUENCE) return null
  const wrapped = values(tbs.body)?.find((v) => v.tag === EXTENSIONS)
  if (wrapped === undefined) return []
  const found: Extension[] = []
  for (const { tag, body } of sequence(wrapped.body) ?? []) {
    const parts = tag === SEQUENCE ? (values(body) ?? []) : []
    const [id] = parts
    const value = parts.at(-1)
    if (id?.tag !== OBJECT_IDENTIFIER || value?.tag !== OCTET_STRING) return null
    if (found.some((extension) => extension.id.equals(id.body))) return null
    found.push({ id: id.body, isCritical: parts.length === 3 && isTrue(parts[1]!), value: value.body })
  }
  return found
}

const isTrue = ({ tag, body }: { readonly tag: number; readonly body: Buffer }): boolean => tag === BOOLEAN && body[0] !== 0
