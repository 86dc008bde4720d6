/** Types of as much of the load generator's client as programs in TypeScript use. */
export interface SessionOptions {
  readonly host: string
  readonly port: number
  readonly domain: string
  readonly tls: 'none' | 'starttls' | 'direct'
  readonly mech: string
  readonly resource: string
  readonly roster: boolean
}
/** The value of an attribute in the text of a start tag; `key` is ' name='. Null: it has none. */
export function attr(tag: string, key: string): string | null
export class Session {
  constructor(options: SessionOptions, index: number, user: string, password: string)
  onReady: ((session: Session) => void) | null
  onFail: ((session: Session, why: string) => void) | null
  onClosed: ((session: Session) => void) | null
  /** Once it is online. */
  jid: string
  onStanza: (session: Session, text: string, start: number, tagEnd: number, end: number) => void
  connect(): void
  write(text: string): void
  reset(): void
  /** Says goodbye; `onClosed` follows when the server has closed. */
  close(): void
  answerIq(text: string, start: number, tagEnd: number, end: number): void
}
