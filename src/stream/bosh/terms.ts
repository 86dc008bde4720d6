/** XEP-0124 section 7: what client and server agree on when a session is created. */
import type { Millis } from '../../base/clock.ts'
import { attributes } from './answers.ts'
import { integer, type BoshRequest } from './request.ts'
import type { BoshSettings } from './settings.ts'
import type { Terms } from './window.ts'

/** The version of XEP-0124, as the attribute 'ver' counts it. */
const VERSION = { major: 1, minor: 11 }

export interface Agreement {
  readonly terms: Terms
  /** What the client is told, as attributes with a space before each. */
  readonly announced: string
}

/** @throws BadRequest if a number is invalid */
export function agreeOn({ rid, attributes: asked }: BoshRequest, sid: string, settings: BoshSettings): Agreement {
  const longest = seconds(settings['wait'])
  const wait = Math.min(integer(asked, 'wait') ?? longest, longest)
  // Section 12: a client that must not be kept waiting polls, with one request at a time.
  const hold = wait === 0 ? 0 : Math.min(integer(asked, 'hold') ?? settings['hold'], settings['hold'])
  const isPolling = hold === 0
  const requests = hold + 1
  const polling = seconds(settings['polling'])
  const inactivity = seconds(settings['inactivity']) + (isPolling ? 2 * polling : 0)
  const maxpause = Math.max(seconds(settings['max-pause']), inactivity)
  const terms: Terms = {
    hold,
    requests,
    isPolling,
    waitMs: wait * 1000,
    pollingMs: polling * 1000,
    inactivityMs: inactivity * 1000,
    maxPauseMs: maxpause * 1000,
  }
  const ver = lowerVersion(asked['ver'])
  return { terms, announced: attributes({ sid, wait, requests, hold, polling, inactivity, maxpause, ver, ack: rid }) }
}

const seconds = (span: Millis): number => Math.max(1, Math.floor(span / 1000))

/** The lower of our version and the client's; null if the client names none. */
function lowerVersion(theirs: string | undefined): string | null {
  const match = /^(\d{1,9})\.(\d{1,9})$/.exec(theirs ?? '')
  if (match === null) return null
  const [major, minor] = [Number(match[1]), Number(match[2])]
  const isOlder = major < VERSION.major || (major === VERSION.major && minor < VERSION.minor)
  return isOlder ? `${major}.${minor}` : `${VERSION.major}.${VERSION.minor}`
}
