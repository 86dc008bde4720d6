/** The texts of the board, in the language of the page. */
import { de } from './de.ts'
import { en } from './en.ts'
import type { roomsEn } from './en-rooms.ts'
import { inLanguage } from './language.ts'

export { locale } from './language.ts'
export type Words = typeof en
export type RoomWords = typeof roomsEn

export const w = inLanguage<Words>({ en, de })
