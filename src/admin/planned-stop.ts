/** Orders to restart and to stop the server, at once or after a while, and the announcement of it. One is planned at a time. */
import * as v from 'valibot'
import type { Clock, Millis, Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { Serial } from '../base/serial.ts'
import { announcementFrom } from './announcing.ts'
import { CommandError, defineCommand, type Command } from './command.ts'

export interface StopWays {
  readonly clock: Clock
  readonly log: Log
  /** Could the server start again? @throws CommandError */
  mayRestart(): Promise<void>
  restart(): void
  shutDown(): void
  announce(text: string): Promise<unknown>
}
type Kind = 'restart' | 'shutdown'
export interface StopAnswer {
  /** When it happens. */
  readonly at: Millis
}

const DAY_SECONDS = 86_400
const WHEN = {
  /** Seconds. */
  delay: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(DAY_SECONDS)), 0),
  text: v.optional(v.string(), ''),
}

/** The order that was given last replaces an earlier one. */
export function stopCommands(ways: StopWays): readonly Command[] {
  let planned: Timer | null = null
  const serial = new Serial()
  const go = async (kind: Kind): Promise<void> => {
    if (kind === 'shutdown') return ways.shutDown()
    await ways.mayRestart()
    ways.restart()
  }
  const plan = async (kind: Kind, seconds: number, text: string): Promise<StopAnswer> => {
    const announcement = text === '' ? null : announcementFrom(text)
    if (kind === 'restart') await ways.mayRestart()
    planned?.cancel()
    planned = null
    if (announcement !== null) await ways.announce(announcement)
    const failed = (err: unknown): void => ways.log.error({ err }, 'The planned restart was not carried out')
    if (seconds === 0) await go(kind)
    else
      planned = ways.clock.after(seconds * 1000, () => {
        planned = null
        go(kind).catch(failed)
      })
    return { at: ways.clock.now() + seconds * 1000 }
  }
  return [
    defineCommand('restart', WHEN, ({ delay, text }) => serial.run(() => plan('restart', delay, text))),
    defineCommand('shutdown', WHEN, ({ delay, text }) => serial.run(() => plan('shutdown', delay, text))),
    defineCommand('stop.cancel', {}, () =>
      serial.run(async () => {
        if (planned === null) throw new CommandError('No restart and no stop is planned.')
        planned.cancel()
        planned = null
        return {}
      }),
    ),
  ]
}
