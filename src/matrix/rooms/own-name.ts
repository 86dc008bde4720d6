/** How the author of an event is called in it, where the room hides addresses (MXR-20): clients write their own id into replies. */
import type { AwakeRoom } from './awake-room.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { JsonObject } from './json.ts'

/** An id as a text, within an address of the web, and within one of Matrix. */
const FORMS: readonly ((id: string) => string)[] = [
  (id) => id,
  encodeURIComponent,
  (id) => `@${encodeURIComponent(id.slice(1))}`,
  (id) => `matrix:u/${id.slice(1)}`,
  (id) => `matrix:u/${encodeURIComponent(id.slice(1))}`,
]

/** The content with the id that others know in the place of the author's own, however it is written. */
export function asOthersSee(content: JsonObject, awake: AwakeRoom, { bare }: Jid): JsonObject {
  if (!awake.sightOf(bare).isVeiled) return content
  const { names } = awake
  const [own, others] = [names.openId(bare), names.veiledId(bare)]
  let json = JSON.stringify(content)
  for (const written of FORMS) json = json.replaceAll(new RegExp(RegExp.escape(written(own)), 'gi'), written(others))
  return JSON.parse(json) as JsonObject
}
