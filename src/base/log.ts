/** The server's log for its operator: constant messages with structured fields. It has the shape of a pino log. */

export type Fields = Readonly<Record<string, unknown>>

export interface Log {
  debug(fields: Fields, message: string): void
  info(fields: Fields, message: string): void
  warn(fields: Fields, message: string): void
  error(fields: Fields, message: string): void
}

/** A log that discards everything. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }
