/** The language of a page: the first one that the person wants and the pages have; English otherwise. */

export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

const baseOf = (tag: string): string => tag.toLowerCase().split('-')[0]!
/** @param wanted language tags, such as "de-AT" */
export const languageFor = (wanted: readonly string[]): Language =>
  wanted.map((tag) => LANGUAGES.find((language) => language === baseOf(tag))).find((found) => found !== undefined) ?? 'en'

/** Tests outside a browser are in English. */
const wanted: readonly string[] = typeof document === 'undefined' ? ['en'] : navigator.languages
export const language = languageFor(wanted)
/** For times and dates: the language with the country, as the person wants it. */
export const locale = wanted.find((tag) => baseOf(tag) === language) ?? language

/** The texts of a part of the pages, in the language of the page. */
export const inLanguage = <T>(texts: Readonly<Record<Language, T>>): T => texts[language]
