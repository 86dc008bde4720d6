/** All sections of the configuration: the loader checks against this list, and the reference is made from it. */
import type { InferInput } from 'valibot'
import { adminSettings, logSettings } from '../admin/settings.ts'
import type { Section, Settings } from '../base/settings.ts'
import { listenSettings, tlsSettings, webSettings } from '../net/settings.ts'
import { limitsSettings, presenceSettings, rateSettings } from '../server/settings.ts'
import { boshSettings } from '../stream/bosh/settings.ts'
import { federationSettings, peerSettings, type PeerSettings } from '../stream/s2s/settings.ts'
import { saslSettings } from '../sasl/settings.ts'
import { componentSettings, streamsSettings, type ComponentSettings } from '../stream/settings.ts'
import { features } from './features.ts'
import { serverSettings, storageSettings } from './settings.ts'

export interface SectionOfFile {
  readonly name: string
  readonly doc: string
  readonly schema: Section
  /** The section is an array of tables, `[[name]]`: it can appear any number of times. */
  readonly repeated?: true
}

const schemas = {
  server: serverSettings,
  storage: storageSettings,
  listen: listenSettings,
  tls: tlsSettings,
  web: webSettings,
  bosh: boshSettings,
  sasl: saslSettings,
  streams: streamsSettings,
  federation: federationSettings,
  presence: presenceSettings,
  limits: limitsSettings,
  rate: rateSettings,
  log: logSettings,
  admin: adminSettings,
}
type CoreName = keyof typeof schemas

const docs: Readonly<Record<CoreName, string>> = {
  server: 'The domains that the server serves, and where its data is stored.',
  storage: 'The database. Without this section it is an SQLite file in the data directory.',
  listen: 'The addresses and ports on which the server listens.',
  tls: 'The certificates that the server shows.',
  web: 'How browsers connect.',
  bosh: 'How browsers connect with single HTTP requests (XEP-0124).',
  sasl: 'How users prove who they are.',
  streams: 'What a connection must do, and how much it may use.',
  federation: 'How the server connects to other servers.',
  presence: 'Who sees whom.',
  limits: 'How much one account may hold, and what the server keeps in memory.',
  rate: 'How fast one session may send.',
  log: 'What the server writes to its log.',
  admin: 'How the operator controls the server.',
}

/** The settings of the server's own parts, and of each feature under its name. */
export type Config = { readonly [N in CoreName]: Settings<(typeof schemas)[N]> } & {
  readonly component: readonly ComponentSettings[]
  readonly peer: readonly PeerSettings[]
  readonly features: Readonly<Record<string, unknown>>
}

/** The content of a file, as a program writes it: options by section, all of them optional. */
export type Configuration = {
  readonly [N in CoreName]?: Partial<InferInput<(typeof schemas)[N]>>
} & {
  readonly component?: readonly Partial<InferInput<typeof componentSettings>>[]
  readonly peer?: readonly Partial<InferInput<typeof peerSettings>>[]
  /** The options of an extension, by its name. */
  readonly [feature: string]: object | undefined
}

export const coreSections: readonly SectionOfFile[] = (Object.keys(schemas) as CoreName[]).map((name) => ({
  name,
  doc: docs[name],
  schema: schemas[name] as unknown as Section,
}))

export const featureSections: readonly SectionOfFile[] = features.map((feature) => ({
  name: feature.name,
  doc: feature.specs.map((s) => `${s.id}: ${s.title}`).join('; '),
  schema: feature.settings as unknown as Section,
}))

export const repeatedSections: readonly SectionOfFile[] = [
  {
    name: 'component',
    doc: 'A program that serves a domain of its own (XEP-0114). Each program has its own section `[[component]]`, with two pairs of brackets.',
    schema: componentSettings as unknown as Section,
    repeated: true,
  },
  {
    name: 'peer',
    doc: 'Special rules for another domain, or for all domains below one. Each rule has its own section `[[peer]]`, with two pairs of brackets.',
    schema: peerSettings as unknown as Section,
    repeated: true,
  },
]

export const sections: readonly SectionOfFile[] = [...coreSections, ...repeatedSections, ...featureSections]

/** The values that the loader has checked, with the types of their schemas. */
export function configOf(values: Readonly<Record<string, unknown>>): Config {
  const own = Object.fromEntries([...coreSections, ...repeatedSections].map(({ name }) => [name, values[name]]))
  const features = Object.fromEntries(featureSections.map(({ name }) => [name, values[name]]))
  return { ...own, features } as Config
}
