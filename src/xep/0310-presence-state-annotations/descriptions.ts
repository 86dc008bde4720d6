/**
 * The text of an annotation for people (XEP-0310 4.1: MAY), in the language of their stream if it is known (PSA-33). It says
 * what the doubt means and nothing about its cause: no address, no error, no kind of connection.
 */
import type { Millis } from '../../base/clock.ts'
import { decode, type Wire } from '../../xml/wire.ts'
import { annotation, since, type Description, type Doubt, type Form } from '../../xmpp/state-annotation.ts'

export const LANGUAGES = ['en', 'cs', 'de', 'es', 'fr', 'it', 'nl', 'pl', 'pt'] as const
export type Language = (typeof LANGUAGES)[number]

const TEXTS: Readonly<Record<Doubt, Readonly<Record<Language, string>>>> = {
  'server-unavailable': {
    en: 'The server cannot be reached. This may be out of date.',
    cs: 'Server není dostupný. Tento stav může být zastaralý.',
    de: 'Der Server ist nicht erreichbar. Dieser Stand kann veraltet sein.',
    es: 'No se puede contactar con el servidor. Este estado puede estar desactualizado.',
    fr: 'Le serveur est injoignable. Cet état peut être dépassé.',
    it: 'Il server non è raggiungibile. Questo stato può non essere aggiornato.',
    nl: 'De server is niet bereikbaar. Deze status kan verouderd zijn.',
    pl: 'Serwer jest nieosiągalny. Ten stan może być nieaktualny.',
    pt: 'Não é possível contactar o servidor. Este estado pode estar desatualizado.',
  },
  'connection-paused': {
    en: 'The connection is interrupted. This may be out of date.',
    cs: 'Spojení je přerušeno. Tento stav může být zastaralý.',
    de: 'Die Verbindung ist unterbrochen. Dieser Stand kann veraltet sein.',
    es: 'La conexión está interrumpida. Este estado puede estar desactualizado.',
    fr: 'La connexion est interrompue. Cet état peut être dépassé.',
    it: 'La connessione è interrotta. Questo stato può non essere aggiornato.',
    nl: 'De verbinding is onderbroken. Deze status kan verouderd zijn.',
    pl: 'Połączenie jest przerwane. Ten stan może być nieaktualny.',
    pt: 'A ligação está interrompida. Este estado pode estar desatualizado.',
  },
  'unknown': {
    en: 'Nobody has confirmed this since the connection was lost.',
    cs: 'Od ztráty spojení to nikdo nepotvrdil.',
    de: 'Das hat niemand bestätigt, seit die Verbindung verloren ging.',
    es: 'Nadie lo ha confirmado desde que se perdió la conexión.',
    fr: "Personne ne l'a confirmé depuis la perte de la connexion.",
    it: 'Nessuno lo ha confermato da quando si è persa la connessione.',
    nl: 'Niemand heeft dit bevestigd sinds de verbinding wegviel.',
    pl: 'Nikt tego nie potwierdził od utraty połączenia.',
    pt: 'Ninguém o confirmou desde que a ligação se perdeu.',
  },
}

/** The doubt about a presence, and since when. */
export interface Doubted {
  readonly doubt: Doubt
  readonly since: Millis
}

/** Annotations as text. There are few different ones apart from their times, and each is made once. */
export class Annotations {
  readonly #language: Language
  readonly #describes: boolean
  readonly #texts = new Map<string, Wire>()
  /** The last text: many in a row are equal. */
  #last: { readonly of: Wire; readonly since: Millis; readonly text: Wire } | null = null

  /** @param language for receivers whose language is unknown @param describes whether annotations have a text */
  constructor(language: Language, describes: boolean) {
    this.#language = language
    this.#describes = describes
  }
  /**
   * @param by one of our domains
   * @param doubted null to withdraw the doubt
   * @param lang of the receiver; null if unknown
   */
  text(by: string, doubted: Doubted | null, lang: Wire | null, form: Form): Wire {
    const text = this.#timeless(by, doubted?.doubt ?? null, lang, form)
    if (doubted === null) return text
    if (this.#last?.of !== text || this.#last.since !== doubted.since)
      this.#last = { of: text, since: doubted.since, text: since(text, doubted.since) }
    return this.#last.text
  }
  #timeless(by: string, doubt: Doubt | null, lang: Wire | null, form: Form): Wire {
    const language = languageFor(lang, this.#language)
    const key = `${by} ${doubt ?? ''} ${language} ${form}`
    let text = this.#texts.get(key)
    if (text === undefined) {
      const description = doubt === null || !this.#describes ? null : describe(doubt, language)
      this.#texts.set(key, (text = annotation(by, doubt === null ? [] : [doubt], description, form)))
    }
    return text
  }
}

/** The language closest to `wanted` (a tag such as 'de-AT'), otherwise `byDefault`. */
function languageFor(wanted: Wire | null, byDefault: Language): Language {
  if (wanted === null) return byDefault
  const primary = decode(wanted).toLowerCase().split('-', 1)[0]
  return LANGUAGES.find((language) => language === primary) ?? byDefault
}

const describe = (doubt: Doubt, lang: Language): Description => ({ lang, text: TEXTS[doubt][lang] })
