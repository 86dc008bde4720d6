/** Signs of life. */

/** The kind of the sign of life. */
export type Sign =
  /** The client has bound or resumed its session (XEP-0198). */
  | 'binding'
  | 'resumption'
  | 'stanza'
  /** An `<a/>` or another element that is not a stanza. */
  | 'acknowledgement'
  /** The client has answered a question of the server, such as a ping. */
  | 'answer'
  /** White space, or part of a stanza. */
  | 'octets'
  /** The other server has repeated the presence, as it does when it is probed. */
  | 'probe'
  /** The link to the other server is alive: a change would have arrived over it. */
  | 'link'
