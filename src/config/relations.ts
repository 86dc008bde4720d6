/** Pairs of options: the value of one, or of two together, must not exceed the value of the other. */
import { defaultsOf } from '../base/settings.ts'
import type { Complaint } from './complaint.ts'
import { sections, type Config } from './sections.ts'

type Place = readonly [section: string, option: string]

interface Relation {
  readonly lesser: Place
  /** The other option of the same section whose value is added to the lesser one. */
  readonly along?: string
  readonly greater: Place
  /** The consequence if it does. */
  readonly otherwise: string
  /** 0 turns the greater option off, and then nothing can exceed it. */
  readonly offAtZero?: true
}

const STANZA: Place = ['streams', 'stanza-size']
const PEER_STANZA: Place = ['federation', 'stanza-size']

/** The server could not work properly with these. */
const MISTAKES: readonly Relation[] = [
  { lesser: ['federation', 'retry'], greater: ['federation', 'longest-retry'], otherwise: 'pauses could only become shorter' },
  {
    lesser: ['federation', 'connections-per-domain'],
    greater: ['federation', 'connections-per-host'],
    otherwise: 'one domain could never have so many',
  },
  {
    lesser: ['streams', 'stanza-size-before-login'],
    greater: STANZA,
    otherwise: 'strangers could send more at once than users',
  },
  { lesser: STANZA, greater: ['streams', 'component-output-queue'], otherwise: 'one stanza could fill the queue of a component' },
  { lesser: PEER_STANZA, greater: ['federation', 'output-queue'], otherwise: 'one stanza could fill the queue of a server' },
  { lesser: STANZA, greater: ['federation', 'queue-size'], otherwise: 'there would be stanzas that no other server could get' },
  { lesser: STANZA, greater: ['stream-management', 'queue-size'], otherwise: 'one stanza could end the session that it is for' },
  {
    lesser: ['stream-management', 'ask-after-stanzas'],
    greater: ['stream-management', 'queue-stanzas'],
    otherwise: 'a session would end before its client is asked for an acknowledgement',
  },
  {
    lesser: ['fast', 'renew-after'],
    greater: ['fast', 'lifetime'],
    otherwise: 'every token would expire before there is a new one',
    offAtZero: true,
  },
  ...(['messages', 'size'] as const).map((option): Relation => ({
    lesser: ['offline-messages', option],
    along: `strangers-${option}`,
    greater: ['message-archive', option],
    otherwise: 'the archive would remove messages that nobody has received',
  })),
  { lesser: ['bosh', 'polling'], greater: ['bosh', 'inactivity'], otherwise: 'a client that polls could not come in time' },
]

/** The server works, but not as one might expect. */
const DOUBTS: readonly Relation[] = [
  {
    lesser: ['federation', 'dead-after'],
    greater: ['federation', 'grace'],
    otherwise: 'a link is announced as lost before another stream has been tried',
  },
  { lesser: ['limits', 'presence-size'], greater: STANZA, otherwise: 'it has no effect' },
  {
    lesser: STANZA,
    greater: ['offline-messages', 'size'],
    otherwise: 'there are messages that cannot be stored',
    offAtZero: true,
  },
  {
    lesser: ['client-state-indication', 'held-stanzas'],
    greater: ['stream-management', 'queue-stanzas'],
    otherwise: 'what is kept back from an inactive client may end its session when it is sent',
  },
  {
    lesser: ['client-state-indication', 'held-size'],
    greater: ['stream-management', 'queue-size'],
    otherwise: 'what is kept back from an inactive client may end its session when it is sent',
  },
  { lesser: ['ping', 'idle'], greater: ['ping', 'inactive-idle'], otherwise: 'inactive clients are pinged as rarely as others' },
  { lesser: ['bosh', 'inactivity'], greater: ['bosh', 'max-pause'], otherwise: 'a pause is shorter than what is allowed anyway' },
  {
    lesser: ['presence-annotations', 'pause-grace'],
    greater: ['stream-management', 'resume-time'],
    otherwise: 'nobody is ever told of a pause',
    offAtZero: true,
  },
  {
    lesser: ['federation', 'ask-after'],
    greater: ['federation', 'idle-close'],
    otherwise: 'a stream may be closed before the other side was asked for a sign of life',
  },
]

export const contradictions = (config: Config): Iterable<Complaint> => violations(config, MISTAKES)
export const oddCouples = (config: Config): Iterable<Complaint> => violations(config, DOUBTS)

function* violations(config: Config, relations: readonly Relation[]): Iterable<Complaint> {
  const values = valuesOf({ ...config, ...config.features })
  for (const { lesser, along, greater, otherwise, offAtZero } of relations) {
    const lessers = along === undefined ? [lesser] : [lesser, [lesser[0], along] as const]
    const [less, more] = [sumOf(lessers, values), values(greater)]
    if (less <= more || (offAtZero === true && more === 0)) continue
    const isUsual = less === sumOf(lessers, usual) // then the other option is the one to change
    const [section, option] = isUsual ? greater : lessers.find((one) => values(one) !== usual(one))!
    const [other, isWhere, do1, do2] = isUsual ? [lesser, 'below', 'more', 'less'] : [greater, 'above', 'less', 'more']
    const isSum = along !== undefined && isUsual
    const name = `[${other[0]}] ${other[1]}${isSum ? ` and ${along} together` : ''}`
    const remedy = `Write ${do1} here, or ${do2} for ${name}.`
    yield { section, option, what: `it is ${isWhere} ${name}: ${otherwise}`, remedy }
  }
}

const sumOf = (places: readonly Place[], values: (place: Place) => number): number =>
  places.reduce((sum, place) => sum + values(place), 0)

/** All options in the list are numbers, in the units of the code. */
const valuesOf =
  (all: object) =>
  ([section, option]: Place): number =>
    (all as Readonly<Record<string, Readonly<Record<string, number>>>>)[section]![option]!
const usual = valuesOf(Object.fromEntries(sections.map(({ name, schema }) => [name, defaultsOf(schema)])))
