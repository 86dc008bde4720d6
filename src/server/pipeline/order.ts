/**
 * The order of all stages, with the reasons. A stage that no feature installs is left out.
 * `porchlight explain order` prints the order in force.
 */

/** The stages for what a client sends. A message that is sent for an account by something else passes those that are for it too. */
export const FROM_CLIENT = [
  'rate-limit', //    first: what is too much must not cost anything more
  'check', //         RFC 6120 8: addresses and attributes; from here on a packet is well formed
  'block-out', //     XEP-0191: nothing goes to whom the user has blocked
  'annotations-out', // XEP-0310: nobody but servers annotates presence
  'labels-out', //    XEP-0258: before anything of a message that may not be sent is kept or copied
  'caps', //          XEP-0115: learns what the client can do before presence-changed is told
  'avatar', //        XEP-0398: the hash of the user's picture, before presence is kept and sent
  'groups-out', //    what the operator's groups have made is not undone
  'joins', //         XEP-0410: which rooms elsewhere the client asks to enter; behind what may refuse that, before it is sent
  'presence', //      RFC 6121 3 and 4: broadcast, directed, subscription, probe
  'correspondents', // who is written to may answer, where strangers may not write: before their answer can arrive
  'activity', //      Matrix users see when somebody was last active; behind presence, which costs nothing more
  'displayed', //     XEP-0490: what is only for the user's own clients goes no further
  'archive-out', //   XEP-0313: stored before anybody receives it, and only what is really sent
  'carbons-out', //   XEP-0280: copies of what is really sent
  'route', //         RFC 6120 10
] as const

/** The stages for what arrives for a local account, from a local client or from elsewhere. */
export const TO_ACCOUNT = [
  'block-in', //      XEP-0191: before anything can be learnt from an answer
  'invited', //       XEP-0379: whoever shows an invitation is known from here on
  'strangers', //     what people who are not known may send, before anything else is learnt from it or kept of it
  'labels-in', //     XEP-0258: what is withheld is as if it had not come; behind strangers, who learn nothing from it
  'annotations-in', // XEP-0310: of what other servers say of presence, only what they may
  'heard', //         what is known of contacts elsewhere: from their own servers' words, before clients are shown them
  'eventing', //      XEP-0163: presence of those who are no contacts, errors that answer events
  'carbons-guard', // XEP-0280 11: copies that others have forged end here
  'presence-in', //   RFC 6121 3 and 4, as seen by the addressee
  'push', //          XEP-0357: notes what comes for devices that are away; behind presence, which wakes none
  'iq-in', //         RFC 6121 8.5: the server answers for the account, or the resource does
  'archive-plan', //  XEP-0313: whether the archive keeps it, and under which id
  'offline-turn', //  XEP-0160: while stored messages are being delivered, nothing overtakes them
  'archive-in', //    XEP-0313: stored once, before it is delivered and copied
  'deliver', //       RFC 6121 8.5.2: chooses the resources for a message
  'offline', //       XEP-0160: what nobody could get is stored, along with its place in the archive
  'carbons-in', //    XEP-0280: needs to know who got the original
  'sm-holders', //    XEP-0198: notes who else got the same, as original or copy
] as const

/** The stages for what is written to one session. */
export const TO_SESSION = [
  'stays', //         XEP-0410: which rooms elsewhere the client is in, as it is shown
  'psa-ledger', //    XEP-0310: notes what is shown; before csi, which may keep it back and spare the client what cancels out
  'psa-plain', //     XEP-0310: what other servers say of presence, for clients that do not ask for it
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
