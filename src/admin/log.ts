/** The log, written by pino: constant messages with fields, as JSON lines for programs or as text for people. */
import { pino, type DestinationStream } from 'pino'
import type { Log } from '../base/log.ts'
import type { LogSettings } from './settings.ts'

export interface OpenLog extends Log {
  /** Writes everything that is still buffered, before the process ends. */
  flush(): void
}

const STANDARD_ERROR = 2

/** @param terminal whether standard error is a terminal, and how to write to it */
export function openLog(settings: LogSettings, terminal: { readonly isTTY: boolean; write(text: string): void }): OpenLog {
  const asText = settings.format === 'text' || (settings.format === 'auto' && terminal.isTTY)
  const options = { level: settings.level, base: null }
  if (asText) {
    const lines: DestinationStream = { write: (line) => terminal.write(textLine(line)) }
    return Object.assign(pino(options, lines), { flush: () => {} })
  }
  const destination = pino.destination({ dest: STANDARD_ERROR, sync: false })
  const json = pino(
    { ...options, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    destination,
  )
  return {
    debug: json.debug.bind(json),
    info: json.info.bind(json),
    warn: json.warn.bind(json),
    error: json.error.bind(json),
    flush: () => destination.flushSync(),
  }
}

const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR' }

/** `12:34:56 info  Message  field=value field="a text"`, followed by the stack of an error. */
function textLine(json: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as {
    level: number
    time: number
    msg: string
    err?: { stack?: string }
  }
  const at = new Date(time).toTimeString().slice(0, 8)
  const more = Object.entries(fields).map(([name, value]) => `  ${name}=${plain(value)}`)
  const stack = err?.stack === undefined ? '' : `\n${err.stack.replace(/^/gm, '    ')}`
  return `${at} ${LEVELS[level] ?? level} ${msg}${more.join('')}${stack}\n`
}

const plain = (value: unknown): string =>
  typeof value === 'string' && /^[\w.:@/[\]-]+$/.test(value) ? value : JSON.stringify(value)
