/** How far a user has read in a room (MXR-70): told to the others, or kept for their own clients. */
import * as v from 'valibot'
import type { Jid } from '../../xmpp/jid.ts'
import { badJson, notFound } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import { entryOfEvent } from '../ids/event-id.ts'
import type { Access } from './access.ts'
import type { AwakeRoom } from './awake-room.ts'
import type { Marking } from './marking.ts'
import { READ, READ_PRIVATE, type ReceiptType } from './receipts.ts'

export interface MarksParts {
  readonly access: Access
  readonly marking: Marking
  readonly active: (user: Jid, device: string) => void
}

const THREAD_MAX = 255
const markers = v.object({ [READ]: v.optional(v.string()), [READ_PRIVATE]: v.optional(v.string()) })

async function mark(
  { marking }: MarksParts,
  awake: AwakeRoom,
  user: Jid,
  type: ReceiptType,
  event: string,
  thread: string,
): Promise<void> {
  const named = entryOfEvent(event)
  const entry = named === null ? null : await awake.backing.log.byId(named.entry)
  if (entry === null) throw notFound('There is no such event')
  await checkThread(awake, thread)
  await marking.read(awake, user, { by: user.bare, type, event, thread }, entry)
}

/** @throws MatrixError */
async function checkThread({ backing }: AwakeRoom, thread: string): Promise<void> {
  if (thread === '' || thread === 'main') return
  const named = entryOfEvent(thread)
  if (named === null || (await backing.log.byId(named.entry)) === null)
    throw badJson('"thread_id" is main, or an event of the room')
}

export function markRoutes(parts: MarksParts): readonly Route[] {
  const { access, active } = parts
  return [
    route({
      method: 'POST',
      path: '/rooms/:room/receipt/:type/:event',
      pace: 'receipt',
      body: v.object({ thread_id: v.optional(v.pipe(v.string(), v.maxLength(THREAD_MAX)), '') }),
      handle: async ({ params, user, device, body }) => {
        const { room, type, event } = params
        active(user, device)
        const awake = await access.joined(room, user)
        // Clients keep the mark of what is fully read as account data (m.fully_read)
        if (type !== READ && type !== READ_PRIVATE) throw badJson('A receipt is m.read or m.read.private')
        await mark(parts, awake, user, type, event, body.thread_id)
        return {}
      },
    }),
    route({
      method: 'POST',
      path: '/rooms/:room/read_markers',
      pace: 'receipt',
      body: markers,
      handle: async ({ params, user, device, body }) => {
        active(user, device)
        const awake = await access.joined(params.room, user)
        for (const type of [READ, READ_PRIVATE] as const) {
          const event = body[type]
          if (event !== undefined) await mark(parts, awake, user, type, event, '')
        }
        return {}
      },
    }),
  ]
}
