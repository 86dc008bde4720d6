/** Every feature of the server: the extensions of XMPP, and what is beside them. */
import { matrix } from '../matrix/index.ts'
import type { Feature } from '../server/feature.ts'
import { features as extensions } from '../xep/catalogue.ts'

export const features: readonly Feature[] = [...extensions, matrix]
