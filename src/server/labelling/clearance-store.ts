/** The port for the clearances that the operator has given (XEP-0258), which `storage/` implements. */

/** What can be given a clearance (XEP-0258). */
export type ClearedKind = 'account' | 'group' | 'domain'
export interface StoredClearance {
  readonly kind: ClearedKind
  /** A bare JID, the name of a group, or a domain, also of the form `*.example.org`. */
  readonly subject: string
  /** The id of a clearance of the policy. */
  readonly clearance: string
}
/** The clearances that the operator has given. That of an account or of a group is deleted together with it, in the same step. */
export interface ClearanceStore {
  all(): Promise<readonly StoredClearance[]>
  /** The id of the clearance; null: none was given. */
  of(kind: ClearedKind, subject: string): Promise<string | null>
  /** In the place of the one that the subject had. False: there is no such account or group. */
  put(given: StoredClearance): Promise<boolean>
  drop(kind: ClearedKind, subject: string): Promise<void>
}
