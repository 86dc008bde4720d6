/** The stored form of a session: what the server itself knows of it, and the state of its parts. */
import type { Millis } from '../../base/clock.ts'
import type { PacketJson } from '../../xmpp/stored-packet.ts'
import type { KeptParts } from './snapshots.ts'

/** The version of the shape below. Version 1 had no number, and neither had its parts. */
export const WRITTEN_VERSION = 2

export interface Written {
  readonly version: number
  readonly boundAt: Millis
  readonly lang: string | null
  readonly device: string | null
  readonly resumableMs: Millis
  readonly interested: boolean
  /** XEP-0186; of its presence only the priority is known. */
  readonly invisible: boolean
  readonly priority: number
  readonly presence: PacketJson | null
  readonly directed: readonly string[]
  /** When it lost its connection; null if it had one. Missing in what an earlier version has kept. */
  readonly pausedAt?: Millis | null
  readonly parts: KeptParts
}
interface Version1 extends Omit<Written, 'version' | 'parts'> {
  /** Each part in its version 1. */
  readonly parts: Readonly<Record<string, unknown>>
}

/** @throws Error if it is of a later version */
export function readWritten(state: string): Written {
  const json = JSON.parse(state) as Written | Version1
  if (!('version' in json)) return { ...json, version: WRITTEN_VERSION, parts: numbered(json.parts) }
  if (json.version <= WRITTEN_VERSION) return json
  throw new Error(`It was written by a later Porchlight, in a shape of version ${json.version}`)
}

function numbered(parts: Version1['parts']): KeptParts {
  return Object.fromEntries(Object.entries(parts).map(([name, kept]) => [name, [1, kept] as const]))
}
