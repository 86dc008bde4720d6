/** How contacts show themselves: the nickname that they chose, their mood, their picture (XEP-0172, XEP-0107, XEP-0084). */

export interface Mood {
  /** One of the words of XEP-0107, such as "happy"; null if there is only a text. */
  readonly name: string | null
  readonly text: string | null
}
export interface Face {
  readonly nick: string | null
  readonly mood: Mood | null
  /** The id of the picture: the SHA-1 of its octets; null if there is none. */
  readonly picture: string | null
}
export type Faces = ReadonlyMap<string, Face>

export const NO_FACE: Face = { nick: null, mood: null, picture: null }
export const faceOf = (faces: Faces, jid: string): Face => faces.get(jid) ?? NO_FACE
export const withFace = (faces: Faces, jid: string, part: Partial<Face>): Faces =>
  new Map(faces).set(jid, { ...faceOf(faces, jid), ...part })

/** Null if nothing is left of it without spaces. */
export const textOrNull = (text: string | undefined): string | null => (text?.trim() ? text.trim() : null)
