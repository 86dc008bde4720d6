/**
 * MAM-25: which messages the archive of an account keeps. Pure: the stage that stores messages asks this, and so does whoever must
 * know whether a message would be stored.
 */
import { isLasting } from './lasting.ts'
import type { Packet } from './packet.ts'

/** Types that are of no use later, or that another archive keeps. */
const NEVER: ReadonlySet<string> = new Set(['groupchat', 'headline', 'error'])

export const isArchivable = ({ kind, type, payload }: Packet): boolean =>
  kind === 'message' && !NEVER.has(type) && !payload.isEmpty && isLasting(payload)
