/**
 * The order of all stages, with the reasons. A stage that no feature installs is left out.
 * `porchlight explain order` prints the order in force.
 */

/** The stages for what a client sends. */
export const FROM_CLIENT = [
  'rate-limit', //    first: what is too much must not cost anything more
  'check', //         RFC 6120 8: addresses and attributes; from here on a packet is well formed
  'block-out', //     XEP-0191: nothing goes to whom the user has blocked
  'annotations-out', // XEP-0310: nobody but servers annotates presence
  'caps', //          XEP-0115: learns what the client can do before presence-changed is told
  'avatar', //        XEP-0398: the hash of the user's picture, before presence is kept and sent
  'presence', //      RFC 6121 3 and 4: broadcast, directed, subscription, probe
  'displayed', //     XEP-0490: what is only for the user's own clients goes no further
  'carbons-out', //   XEP-0280: copies of what is really sent
  'route', //         RFC 6120 10
] as const

/** The stages for what arrives for a local account, from a local client or from elsewhere. */
export const TO_ACCOUNT = [
  'block-in', //      XEP-0191: before anything can be learnt from an answer
  'annotations-in', // XEP-0310: of what other servers say of presence, only what they may
  'heard', //         what is known of contacts elsewhere: from their own servers' words, before clients are shown them
  'eventing', //      XEP-0163: presence of those who are no contacts, errors that answer events
  'carbons-guard', // XEP-0280 11: copies that others have forged end here
  'presence-in', //   RFC 6121 3 and 4, as seen by the addressee
  'iq-in', //         RFC 6121 8.5: the server answers for the account, or the resource does
  'offline-turn', //  XEP-0160: while stored messages are being delivered, nothing overtakes them
  'deliver', //       RFC 6121 8.5.2: chooses the resources for a message
  'carbons-in', //    XEP-0280: needs to know who got the original
  'sm-holders', //    XEP-0198: notes who else got the same, as original or copy
  'offline', //       XEP-0160: what nobody could get
] as const

/** The stages for what is written to one session. */
export const TO_SESSION = [
  'stays', //         XEP-0410: which rooms elsewhere the client is in, as it is shown
  'psa-ledger', //    XEP-0310: notes what is shown; before csi, which may keep it back and spare the client what cancels out
  'csi', //           XEP-0352: may hold presence back
  'rush', //          many come at once: what they say of themselves waits a moment, and goes in one piece
  'sm-queue', //      XEP-0198: counts what is really written, and keeps it until it is acknowledged
  'write',
] as const

/** The requests of a client along with its authentication. The first one that gives it a session is the last one that is done. */
export const INLINE = [
  'token', //         XEP-0484: has to wait for the disk, and nothing may once there is a session
  'resume', //        XEP-0386 3.2: before binding, which is for those who could not resume
  'bind', //          XEP-0386
] as const

export type FromClientStage = (typeof FROM_CLIENT)[number]
export type ToAccountStage = (typeof TO_ACCOUNT)[number]
export type ToSessionStage = (typeof TO_SESSION)[number]
export type InlinePlace = (typeof INLINE)[number]
