/**
 * Whether a server may serve what it is home of (CL-21, CL-21a, CL-25). Pure: it is told each moment. A server that may not serve
 * has to ask the database first: only a renewal, which shows it the view, lets it serve again.
 *
 * A server may take the place of another one only if it has itself renewed without a gap for as long as a lease lasts
 * (`isLeaseOver`). So the word "I cannot renew either" of another server is worth as much as an own renewal, as far as that
 * server is concerned. A server that hears such words of all who could take its place goes on while the database is away.
 *
 * The rules are functions of their own, so that the model (two-homes.test.ts) can leave one out and show what would happen.
 */
import type { Millis } from '../base/clock.ts'
import { TIMES, type Times } from './times.ts'

/** What a server knows of itself and of the others. */
export interface Standing {
  /** When the last renewal that came back was sent. */
  renewedAt: Millis
  /** It may not serve before a renewal. */
  hasStopped: boolean
  /**
   * By server that could take its place: no later than when it last said that it cannot renew. -Infinity if it did not say so.
   */
  words: Map<number, Millis>
}

export const standingOf = (now: Millis, others: readonly number[]): Standing => ({
  renewedAt: now,
  hasStopped: false,
  words: new Map(others.map((node) => [node, -Infinity])),
})

export interface Tenancy {
  /** CL-21a: from when a renewal counts that was sent and came back at these moments. */
  validFrom(sentAt: Millis, backAt: Millis): Millis
  /** CL-21, CL-25: no server that could take this one's place may count its lease as over. */
  isSafeFromAll(standing: Standing, now: Millis, times: Times): boolean
  /** CL-25: a server that has stopped does not go on because of what it hears. */
  staysStopped: boolean
  /** CL-25: nor because of a renewal whose answer came so late that the lease may be over again. */
  mayResume(sentAt: Millis, now: Millis, times: Times): boolean
}

export const TENANCY: Tenancy = {
  validFrom: (sentAt) => sentAt,
  isSafeFromAll({ words, renewedAt }, now, { own }) {
    if (now - renewedAt < own) return true
    for (const at of words.values()) if (now - at >= own) return false
    return true
  },
  staysStopped: true,
  mayResume: (sentAt, now, { own }) => now - sentAt < own,
}

/** Asked before anything that enters the server is worked on. */
export function mayServe(standing: Standing, now: Millis, times: Times = TIMES, rules: Tenancy = TENANCY): boolean {
  const may = rules.isSafeFromAll(standing, now, times)
  if (!may) standing.hasStopped = true
  return may && !(standing.hasStopped && rules.staysStopped)
}

/** A renewal has come back: the server is a member still. */
export function renewed(standing: Standing, sentAt: Millis, now: Millis, times: Times = TIMES, rules: Tenancy = TENANCY): void {
  standing.renewedAt = rules.validFrom(sentAt, now)
  if (rules.mayResume(sentAt, now, times)) standing.hasStopped = false
}

/**
 * Another server has said that it cannot renew. The moving of slots is not built yet, and there is no bus that would carry such words:
 * only the model hears them.
 * @param askedAt when this server sent what the word answers: the word may have been on its way for long
 */
export function heardOutage(
  standing: Standing,
  node: number,
  askedAt: Millis,
  now: Millis,
  times: Times = TIMES,
  rules: Tenancy = TENANCY,
): void {
  mayServe(standing, now, times, rules) // a silence that ends now was one
  standing.words.set(node, askedAt)
}

/**
 * CL-25: whether the lease of another server counts as over. After an outage of the database all leases look old: the one who asks
 * must have renewed its own without a gap for as long as a lease lasts.
 */
export const isLeaseOver = (age: Millis, renewingFor: Millis, { lease }: Times = TIMES): boolean =>
  age >= lease && renewingFor >= lease
