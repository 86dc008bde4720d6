/** A mistake in a configuration. */

export interface Complaint {
  readonly section: string
  readonly option: string
  readonly what: string
  readonly remedy: string
}
