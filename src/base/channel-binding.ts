/** Channel binding data of a secure channel (RFC 5056). A proof that is bound to one channel is not valid on another. */

/** `tls-exporter` is from RFC 9266, the other two are from RFC 5929. */
export type BindingType = 'tls-exporter' | 'tls-unique' | 'tls-server-end-point'

const TYPES: ReadonlySet<string> = new Set<BindingType>(['tls-exporter', 'tls-unique', 'tls-server-end-point'])
export const isBindingType = (name: string): name is BindingType => TYPES.has(name)

export interface ChannelBindings {
  /** The types that are offered to clients, the strongest first. */
  readonly types: readonly BindingType[]
  /** Null if this channel has no data of this type. Some channels have data of a type that is not offered (DEVIATES(22)). */
  data(type: BindingType): Buffer | null
}

/** For a channel without TLS. */
export const unbound: ChannelBindings = { types: [], data: () => null }
