/** What a secure channel can be bound by (RFC 5056): so that a proof that was meant for one channel is none on another. */

/** RFC 9266; RFC 5929 for the other two. */
export type BindingType = 'tls-exporter' | 'tls-unique' | 'tls-server-end-point'

const TYPES: ReadonlySet<string> = new Set<BindingType>(['tls-exporter', 'tls-unique', 'tls-server-end-point'])
export const isBindingType = (name: string): name is BindingType => TYPES.has(name)

export interface ChannelBindings {
  /** What this channel can be bound by, the strongest first: what clients are offered. */
  readonly types: readonly BindingType[]
  /** Null: this channel has nothing of this type. Some have what is not offered (DEVIATES(22)). */
  data(type: BindingType): Buffer | null
}

/** Of a channel without TLS. */
export const unbound: ChannelBindings = { types: [], data: () => null }
