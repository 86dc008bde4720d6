/** The texts of the operator's view, in the language of the page. */
import { operatorDe } from '../words/de-operator.ts'
import { operatorEn } from '../words/en-operator.ts'
import { inLanguage } from '../words/language.ts'

export const o = inLanguage({ en: operatorEn, de: operatorDe })

/** What a metric counts. @param help in the words of the server */
export const metricWords = (name: string, help: string): string => (o.metrics as Readonly<Record<string, string>>)[name] ?? help
