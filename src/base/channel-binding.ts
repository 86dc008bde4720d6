/** What a secure channel can be bound by (RFC 5056): so that a proof that was meant for one channel is none on another. */

/** RFC 9266; RFC 5929 for the other two. */
export type BindingType = 'tls-exporter' | 'tls-unique' | 'tls-server-end-point'

export interface ChannelBindings {
  /** What this channel can be bound by, the strongest first. */
  readonly types: readonly BindingType[]
  /** Null: not one of `types`. */
  data(type: BindingType): Buffer | null
}

/** Of a channel without TLS. */
export const unbound: ChannelBindings = { types: [], data: () => null }
