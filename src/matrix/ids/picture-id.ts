/**
 * Ids of the pictures of people and rooms (XEP-0084, XEP-0486). They are no files: the id names whose picture it is, and its hash, so
 * another picture has another id. Pure.
 */

/** Of a user (a bare JID), or of a room (its `uid`). */
export interface PictureId {
  readonly kind: 'user' | 'room'
  readonly owner: string
  /** SHA-1, in hexadecimal. */
  readonly hash: string
}
const FORM = /^([ur])_([\da-f]{40})_([\w-]{1,200})$/

/** Null: the address is too long for an id. */
export function pictureId({ kind, owner, hash }: PictureId): string | null {
  const id = `${kind === 'user' ? 'u' : 'r'}_${hash}_${Buffer.from(owner).toString('base64url')}`
  return FORM.test(id) ? id : null
}
/** Null: it is the id of no such picture. */
export function pictureIn(id: string): PictureId | null {
  const [, letter, hash, owner] = FORM.exec(id) ?? []
  if (hash === undefined || owner === undefined) return null
  return { kind: letter === 'u' ? 'user' : 'room', owner: Buffer.from(owner, 'base64url').toString(), hash }
}
