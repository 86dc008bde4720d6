/** What the server may say to its operator: constant messages, structured fields. Shaped like pino. */

export type Fields = Readonly<Record<string, unknown>>

export interface Log {
  debug(fields: Fields, message: string): void
  info(fields: Fields, message: string): void
  warn(fields: Fields, message: string): void
  error(fields: Fields, message: string): void
}

/** A log that keeps nothing. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }
