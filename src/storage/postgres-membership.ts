/**
 * The programs on a PostgreSQL database, of which one at a time is the home of everything (CL-20 to CL-22, CL-29). Each has a row
 * in `cluster_member` and renews it every second, on a connection of its own. A program that finds another one waits, is refused,
 * or takes over when the lease of the other one is over: in one transaction that deletes the fence row of the other one and
 * writes the new view.
 */
import { pause, type Clock, type Millis, type Timer } from '../base/clock.ts'
import { decide } from '../cluster/joining.ts'
import { mayServe, renewed, standingOf, type Standing } from '../cluster/tenure.ts'
import { RENEW_MS, TIMES } from '../cluster/times.ts'
import type { PostgresConnection, PostgresSession } from './postgres-connection.ts'
import { endConnections, withLocks, type PostgresFence } from './postgres-fence.ts'
import { deleteFence, lookAround, makeTables, putUp, release, renewal, type Found, type Member } from './postgres-members.ts'
import { StorageError } from './storage-error.ts'

export interface MembershipParts {
  readonly member: Member
  readonly connection: PostgresConnection
  readonly fence: PostgresFence
  readonly clock: Clock
  /** The name of the database. */
  readonly name: string
  /** Told, with the place of the server that serves, when this one begins to stand by. */
  readonly standingBy: (place: string) => void
  /** Aborted when this program is to stop waiting. */
  readonly enough: AbortSignal
}

const LOOK_MS: Millis = 100
/** A renewal that takes longer counts as lost. */
const RENEWAL_MS: Millis = 3_000
/** Any server that could take over; which one it is does not matter while there is no bus. */
const ANY = 0

export class Membership {
  readonly #parts: MembershipParts
  readonly #standing: Standing
  #node = 0
  #timer: Timer | null = null
  #renewing: Promise<void> | null = null
  #hasLeft = false
  #whenOpen: (() => void)[] = []

  constructor(parts: MembershipParts) {
    this.#parts = parts
    this.#standing = standingOf(parts.clock.elapsed(), parts.member.role === 'stand-by' ? [ANY] : [])
  }

  /** Returns when the database is this program's. @throws StorageError if it is refused, or was told to wait no longer */
  async join(): Promise<void> {
    const { clock, connection, enough } = this.#parts
    await makeTables(await connection.session())
    const wait: Wait = { began: clock.elapsed(), renewingSince: null, holder: null, hasRenewed: false, isTold: false }
    while (!(await this.#attempt(wait))) {
      await pause(clock, wait.isTold ? RENEW_MS : LOOK_MS)
      if (enough.aborted) throw new StorageError('closed', 'This server was stopped while it stood by.')
    }
    this.#renewSoon()
  }
  /** The database is free for others: at once, or, if it cannot be reached, when the lease is over. */
  async leave(): Promise<void> {
    this.#hasLeft = true
    this.#timer?.cancel()
    const { connection, fence } = this.#parts
    const session = connection.current
    if (session !== null) await release(session, this.#node, fence.incarnation).catch(() => {})
    await connection.close()
  }

  /** Whether the server may work on what enters it (CL-21). */
  isOpen(): boolean {
    return !this.#parts.fence.isOver && mayServe(this.#standing, this.#parts.clock.elapsed())
  }
  /** Calls `run` when the server may work again; never if it has to end. */
  whenOpen(run: () => void): void {
    this.#whenOpen.push(run)
    void this.#renew()
  }

  /** A server that stands by waits for a database that is away, too. */
  async #attempt(wait: Wait): Promise<boolean> {
    const { connection } = this.#parts
    try {
      return await this.#look(await connection.session(), wait)
    } catch (error) {
      if (!wait.isTold || (error instanceof StorageError && !error.isPassing)) throw error
      wait.renewingSince = null
      return false
    }
  }
  async #look(session: PostgresSession, wait: Wait): Promise<boolean> {
    const { member, fence, clock, name, standingBy } = this.#parts
    const now = clock.elapsed()
    const found = await lookAround(session, member, fence.incarnation)
    const { holder } = found
    see(wait, found, now)
    const decision = decide(holder === null ? null : { ...holder, hasRenewed: wait.hasRenewed }, {
      role: member.role,
      waited: now - wait.began,
      renewingFor: now - wait.renewingSince!,
    })
    if (decision === 'take') return this.#take(session, found)
    if (decision === 'refuse') throw refusal(name, holder!.place)
    if (decision === 'refuse a stand-by') throw standByRefusal(name, holder!.place)
    if (member.role === 'stand-by' && !wait.isTold && wait.hasRenewed) {
      wait.isTold = true
      standingBy(holder!.place)
    }
    return false
  }
  /** False if another one was quicker, or the holder has come back. */
  async #take(session: PostgresSession, { holder, node }: Found): Promise<boolean> {
    const { fence, clock, member } = this.#parts
    const sentAt = clock.elapsed()
    const hasTaken = await withLocks(
      session,
      async () => {
        if (!(await deleteFence(session, holder, fence.incarnation))) return false
        await putUp(session, node, fence.incarnation, member)
        return true
      },
      async () => {
        if (holder !== null) await endConnections(session, holder.incarnation, null)
      },
    )
    if (!hasTaken) return false
    this.#node = node
    fence.opened(node)
    renewed(this.#standing, sentAt, clock.elapsed())
    return true
  }

  #renewSoon(): void {
    this.#timer = this.#parts.clock.after(RENEW_MS, () => void this.#tick())
  }
  async #tick(): Promise<void> {
    const { fence, name } = this.#parts
    const wasOverdue = this.#isOverdue()
    await this.#renewAtOnce()
    if (this.#hasLeft || fence.isOver) return
    // After a pause of the machine, and when its clock is set, only the database knows whether another server has taken over
    if (wasOverdue && this.#isOverdue())
      fence.end(
        `The database ${name} could not be reached for ${TIMES.lease / 1000} s, so another server may have taken over.`,
        'Start this server again: it serves if no other one does.',
      )
    else this.#renewSoon()
  }
  /** Another server may have taken over. */
  #isOverdue(): boolean {
    const { renewedAt, words } = this.#standing
    return words.size > 0 && this.#parts.clock.elapsed() - renewedAt >= TIMES.lease
  }
  async #renewAtOnce(): Promise<void> {
    const { connection, clock } = this.#parts
    if (connection.current !== null) await this.#renew()
    // It may have been lost long before this was noticed
    if (connection.current !== null) return
    const session = await Promise.race([connection.attempt(), pause(clock, RENEWAL_MS)])
    if (session) await this.#renew()
  }
  #renew(): Promise<void> {
    return (this.#renewing ??= this.#renewNow().finally(() => (this.#renewing = null)))
  }
  async #renewNow(): Promise<void> {
    const { connection } = this.#parts
    try {
      const session = connection.current
      if (session === null) void connection.session().catch(() => {})
      else while (!(await this.#renewOnce(session)));
    } catch {
      // The next one tries again
    }
    if (!this.isOpen()) return
    for (const run of this.#whenOpen.splice(0)) run()
  }
  /** False if the answer came so late that it says nothing any more. */
  async #renewOnce(session: PostgresSession): Promise<boolean> {
    const { clock, fence } = this.#parts
    const timer = clock.after(RENEWAL_MS, () => session.cut())
    const sentAt = clock.elapsed()
    try {
      const isMember = await renewal(session, this.#node, fence.incarnation)
      if (!isMember) throw fence.putOut()
      renewed(this.#standing, sentAt, clock.elapsed())
      return clock.elapsed() - sentAt < TIMES.own
    } finally {
      timer.cancel()
    }
  }
}

/** What a waiting program has seen. */
interface Wait {
  readonly began: Millis
  /** Since when each look has succeeded; null if the last one failed. */
  renewingSince: Millis | null
  holder: Found['holder']
  /** The holder has renewed its lease since it was first seen. */
  hasRenewed: boolean
  isTold: boolean
}
function see(wait: Wait, { holder }: Found, now: Millis): void {
  wait.renewingSince ??= now
  if (holder === null || holder.incarnation !== wait.holder?.incarnation) {
    wait.hasRenewed = false
    wait.holder = holder
  } else if (holder.renewedAt !== wait.holder.renewedAt) wait.hasRenewed = true
}

const refusal = (name: string, place: string): StorageError =>
  new StorageError(
    'busy',
    `The database ${name} is used by another Porchlight (${place}).`,
    'Stop that server first, give this one another database, or let one stand by: option standby in section [storage] of both.',
  )
const standByRefusal = (name: string, place: string): StorageError =>
  new StorageError(
    'busy',
    `The database ${name} is used by a Porchlight that does not expect another one to take over (${place}).`,
    'Set standby in section [storage] of that server too, and restart it.',
  )
