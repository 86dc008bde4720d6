/** What the tests use of the npm package @xmpp/client, which comes without types. */
declare module '@xmpp/client' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'

  export interface Attributes {
    readonly [name: string]: string | undefined
  }
  export interface Element {
    readonly name: string
    readonly attrs: { [name: string]: string | undefined }
    readonly children: readonly (Element | string)[]
    is(name: string, ns?: string): boolean
    getChild(name: string, ns?: string): Element | undefined
    getChildren(name: string, ns?: string): readonly Element[]
    /** Null: there is no such child. */
    getChildText(name: string, ns?: string): string | null
    text(): string
    toString(): string
  }
  export interface Jid {
    readonly local: string
    readonly domain: string
    readonly resource: string
    bare(): Jid
    toString(): string
  }
  type IqHandler = (context: { readonly stanza: Element; readonly element: Element }) => unknown
  export interface IqCallee {
    get(ns: string, name: string, handler: IqHandler): void
    set(ns: string, name: string, handler: IqHandler): void
  }
  export interface Client extends EventEmitter {
    /** Null while there is no connection. */
    readonly socket: { readonly socket: Socket } | null
    /** Null before it is bound. */
    readonly jid: Jid | null
    readonly status: string
    readonly iqCallee: IqCallee
    readonly reconnect: { start(): void; stop(): void; reconnect(): Promise<void> }
    /** Emits 'ack' with each stanza that the server has counted as handled, and 'resumed'. */
    readonly streamManagement: EventEmitter
    /** How long it waits for the answer to an opened stream, in milliseconds. */
    timeout: number
    start(): Promise<Jid>
    stop(): Promise<unknown>
    send(element: Element): Promise<void>
    on(event: 'stanza' | 'send' | 'element' | 'nonza', listener: (element: Element) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    on(event: 'online' | 'offline' | 'disconnect', listener: () => void): this
  }
  export interface Credentials {
    readonly username: string
    readonly password: string
  }
  export interface ClientOptions {
    readonly service: string
    readonly domain?: string
    readonly resource?: string
    readonly username?: string
    readonly password?: string
    /** Instead of the two above; a function chooses the mechanism. */
    readonly credentials?:
      | Credentials
      | ((authenticate: (credentials: Credentials, mechanism: string) => Promise<void>) => Promise<void>)
  }

  type Child = Element | string
  /** `attrs` as a text is the namespace. */
  export function xml(name: string, attrs?: Attributes | string, ...children: readonly Child[]): Element
  export function jid(text: string): Jid
  export function client(options: ClientOptions): Client
}
