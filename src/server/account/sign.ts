/** Signs of life. */

/** Through what somebody has shown that he is there. */
export type Sign =
  /** The client has bound its resource, or come back for it (XEP-0198). */
  | 'binding'
  | 'resumption'
  | 'stanza'
  /** An `<a/>` or another element that is no stanza. */
  | 'acknowledgement'
  /** It has answered a question of the server, such as a ping. */
  | 'answer'
  /** White space, or part of a stanza. */
  | 'octets'
  /** The other server has said the same once more, as it does when it is probed. */
  | 'probe'
  /** The link to the other server lives, and would have brought the news. */
  | 'link'
